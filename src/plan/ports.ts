/** Why a word of EXPOSE is no port. */
export interface PortFault {
  readonly fault: string;
}

/**
 * Reads one word of EXPOSE, `[[ip:]host:]port[-port][/protocol]`, into `port/protocol` entries. Host parts are accepted and
 * dropped, as in BuildKit.
 */
export function parsePorts(word: string): readonly string[] | PortFault {
  const { host, container, address } = splitParts(word);
  const [range = "", protocol = ""] = splitOnce(container, "/");
  const name = protocol === "" ? "tcp" : protocol.toLowerCase();
  if (name !== "tcp" && name !== "udp" && name !== "sctp")
    return { fault: `invalid protocol ${JSON.stringify(protocol)}` };
  if (address !== "" && !/^(\d{1,3}(\.\d{1,3}){3}|\[?[0-9a-fA-F:.]*:[0-9a-fA-F:.]*\]?)$/.test(address))
    return { fault: `invalid address ${JSON.stringify(address)}` };
  const ports = parseRange(range);
  if (ports === undefined) return { fault: `invalid port ${JSON.stringify(range)}` };
  const hosts = host === "" ? ports : parseRange(host);
  if (hosts === undefined) return { fault: `invalid host port ${JSON.stringify(host)}` };
  if (ports.last !== ports.first && hosts.last - hosts.first !== ports.last - ports.first)
    return { fault: "the ranges of host and container differ in length" };
  return Array.from({ length: ports.last - ports.first + 1 }, (_, index) => `${ports.first + index}/${name}`);
}

function splitParts(word: string): { address: string; host: string; container: string } {
  const parts = word.split(":");
  return { address: parts.slice(0, -2).join(":"), host: parts.at(-2) ?? "", container: parts.at(-1) ?? "" };
}

function parseRange(text: string): { first: number; last: number } | undefined {
  const [start = "", end = start] = splitOnce(text, "-");
  const first = parsePort(start);
  const last = parsePort(end);
  return first === undefined || last === undefined || last < first ? undefined : { first, last };
}

function parsePort(text: string): number | undefined {
  const port = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  return port <= 65535 ? port : undefined;
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
