import type { Names } from "./names.ts";

/**
 * The text of an /etc/resolv.conf: the machine's, with what was asked for in the place of its own lines, as docker does.
 * A search list of `.` means none.
 */
export function resolvConf(machine: string, { servers, search, options }: Omit<Names, "hosts">): string {
  if (servers.length + search.length + options.length === 0) return machine;
  const kept = machine
    .split("\n")
    .filter((line) => line.trim() !== "" && !(servers.length > 0 && /^\s*nameserver\s/.test(line)))
    .filter((line) => !(search.length > 0 && /^\s*(search|domain)\s/.test(line)))
    .filter((line) => !(options.length > 0 && /^\s*options\s/.test(line)));
  const domains = search.filter((domain) => domain !== ".");
  const lines = [
    ...kept,
    ...servers.map((server) => `nameserver ${server}`),
    ...(domains.length > 0 ? [`search ${domains.join(" ")}`] : []),
    ...(options.length > 0 ? [`options ${options.join(" ")}`] : []),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/** The addresses of a resolv.conf's servers. */
export function serversOf(text: string): readonly string[] {
  return [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, address = ""]) => address);
}

/** Whether all its servers listen on the machine's loopback, as systemd-resolved and dnsmasq do: other networks do not reach it. */
export function isStub(text: string): boolean {
  const servers = serversOf(text);
  return servers.length > 0 && servers.every((address) => address.startsWith("127.") || address === "::1");
}
