import { OciBuildError } from "../errors.ts";

/** What kind of host is spoken to. It begins the codes of errors, e.g. `registry-unreachable`. */
export type Peer = "registry" | "server";

/** For what no host of its kind should do. */
export function protocolError(url: URL, peer: Peer, problem: string): OciBuildError {
  const kind = peer === "registry" ? "a registry" : "a web server";
  return new OciBuildError(`${peer}-protocol`, `${url.host} does not behave like ${kind}: ${problem}`);
}
