import {
  type Names,
  parseExtraHost,
  parseNameServer,
  parseResolverOption,
  parseSearchDomain,
} from "../network/names.ts";

/** How the processes of a command find the addresses of names. */
export const nameFlags = {
  "add-host": {
    type: "list",
    value: "NAME:ADDRESS",
    help: "Line for the process's /etc/hosts, also as NAME=ADDRESS and NAME:[IPV6]; the address host-gateway is this machine. Repeatable.",
  },
  dns: {
    type: "list",
    value: "ADDRESS",
    help: "Name server for the process's /etc/resolv.conf, in the place of the machine's. Repeatable.",
  },
  "dns-search": {
    type: "list",
    value: "DOMAIN",
    help: "Search domain in the place of the machine's; . for none. Repeatable.",
  },
  "dns-option": {
    type: "list",
    value: "OPTION",
    help: "Resolver option in the place of the machine's, such as ndots:2. Repeatable.",
  },
} as const;

type NameFlags = { readonly [Flag in keyof typeof nameFlags]: readonly string[] };

/** @throws OciBuildError `host-invalid` */
export function readNames(flags: NameFlags): Names {
  return {
    hosts: flags["add-host"].map(parseExtraHost),
    servers: flags.dns.map(parseNameServer),
    search: flags["dns-search"].map(parseSearchDomain),
    options: flags["dns-option"].map(parseResolverOption),
  };
}
