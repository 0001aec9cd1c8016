import type { Remark } from "./rule.ts";
import type { Visit } from "./variables.ts";

/** ExposeProtoCasing: `80/tcp`, not `80/TCP`. */
export function exposeProtoCasing(visit: Visit): readonly Remark[] {
  return overPorts(visit, (port) => {
    const protocol = /\/([^/]*)$/.exec(port)?.[1] ?? "";
    if (protocol === protocol.toLowerCase()) return undefined;
    return `Defined protocol '${port}' in EXPOSE instruction should be lowercase`;
  });
}

/** ExposeInvalidFormat: a port of the container, without an address or a port of the host in front. */
export function exposeInvalidFormat(visit: Visit): readonly Remark[] {
  return overPorts(visit, (port) => {
    if (!/[^:]:/.test(port)) return undefined;
    return `EXPOSE instruction should not define an IP address or host-port mapping, found '${port}'`;
  });
}

function overPorts({ words, instruction }: Visit, fault: (port: string) => string | undefined): readonly Remark[] {
  return words
    .map(({ text }) => (text === undefined ? undefined : fault(text)))
    .filter((message) => message !== undefined)
    .map((message) => ({ message, range: instruction.node.range }));
}
