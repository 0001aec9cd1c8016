import { isIP } from "node:net";
import { OciBuildError } from "../errors.ts";

/** How a process finds addresses of names, beside what the machine's own files say. */
export interface Names {
  /** Lines of /etc/hosts, in the order in which they were given. */
  readonly hosts: readonly ExtraHost[];
  /** What stands in the place of the machine's own resolver settings; an empty list leaves them. */
  readonly servers: readonly string[];
  readonly search: readonly string[];
  readonly options: readonly string[];
}

export interface ExtraHost {
  readonly name: string;
  /** An IPv4 or IPv6 address, or docker's word for the machine that builds. */
  readonly address: string;
}

export const HOST_GATEWAY = "host-gateway";

/** What nothing was said of. */
export const ordinaryNames: Names = { hosts: [], servers: [], search: [], options: [] };

/**
 * Reads `NAME:ADDRESS` or `NAME=ADDRESS` as docker does: an IPv6 address may stand in brackets, and `host-gateway` is an
 * address too.
 * @throws OciBuildError `host-invalid`
 */
export function parseExtraHost(text: string): ExtraHost {
  const at = text.search(text.includes("=") ? /=/ : /:/);
  const name = text.slice(0, Math.max(at, 0));
  const address = text.slice(at + 1).replace(/^\[(.*)\]$/, "$1");
  if (!isHostName(name))
    throw invalid(`--add-host ${text}: ${JSON.stringify(name)} is no host name`, "write --add-host NAME:ADDRESS");
  if (address !== HOST_GATEWAY && isIP(address) === 0)
    throw invalid(
      `--add-host ${text}: ${JSON.stringify(address)} is no IP address`,
      "write --add-host NAME:ADDRESS, an IPv6 address as NAME:[ADDRESS], or NAME:host-gateway",
    );
  return { name, address };
}

/** @throws OciBuildError `host-invalid` */
export function parseNameServer(text: string): string {
  if (isIP(text) === 0) throw invalid(`--dns ${text}: it is no IP address`, "write --dns 192.0.2.1");
  return text;
}

/** @throws OciBuildError `host-invalid` */
export function parseSearchDomain(text: string): string {
  if (text !== "." && !isHostName(text.replace(/\.$/, "")))
    throw invalid(`--dns-search ${text}: it is no domain`, "write --dns-search example.com, or . for none at all");
  return text;
}

/** @throws OciBuildError `host-invalid` */
export function parseResolverOption(text: string): string {
  if (!/^[\w-]+(:\d+)?$/.test(text))
    throw invalid(
      `--dns-option ${text}: it is no option of a resolver`,
      "write --dns-option ndots:2, as in resolv.conf",
    );
  return text;
}

/** A name that can stand in a line of /etc/hosts; underscores are common in it. */
export function isHostName(text: string): boolean {
  return text.length <= 253 && text.split(".").every((label) => /^[\w]([\w-]{0,61}[\w])?$/.test(label));
}

function invalid(message: string, hint: string): OciBuildError {
  return new OciBuildError("host-invalid", message, { hint });
}
