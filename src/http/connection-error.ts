import { OciBuildError } from "../errors.ts";
import type { Peer } from "./peer.ts";

/** Our own limit on waiting. */
export class TimeoutError extends Error {
  readonly code = "oci-build-timeout";

  constructor(what: string, milliseconds: number) {
    super(`${what} within ${milliseconds / 1000} s`);
  }
}

const problems: ReadonlyMap<string, string> = new Map([
  ["ECONNREFUSED", "connection refused"],
  ["ECONNRESET", "the connection was cut"],
  ["EPIPE", "the connection was cut"],
  ["ENOTFOUND", "no such host"],
  ["EAI_AGAIN", "the host name could not be looked up"],
  ["ETIMEDOUT", "the connection timed out"],
  ["EHOSTUNREACH", "no route to the host"],
  ["ENETUNREACH", "no route to its network"],
]);

const certificateProblems: ReadonlyMap<string, string> = new Map([
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "its certificate is self-signed"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "its certificate was issued by an unknown authority"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "its certificate was issued by an unknown authority"],
  ["UNABLE_TO_GET_ISSUER_CERT", "its certificate was issued by an unknown authority"],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "its certificate was issued by an unknown authority"],
  ["CERT_HAS_EXPIRED", "its certificate has expired"],
  ["CERT_NOT_YET_VALID", "its certificate is not valid yet"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "its certificate is for another host name"],
]);

/** What a failed exchange is to a user: `registry-tls`, `server-unreachable`, …, with the system's error as cause. */
export function connectionError(error: Error, url: URL, peer: Peer): OciBuildError {
  if (error instanceof OciBuildError) return error;
  scrub(error);
  const code = systemCodeOf(error) ?? "";
  const certificate = certificateProblems.get(code);
  if (certificate !== undefined)
    return new OciBuildError(`${peer}-tls`, `${url.host} cannot be trusted: ${certificate}`, {
      hint: "check the machine's clock and the host name, or name the authority's PEM file in NODE_EXTRA_CA_CERTS",
      cause: error,
    });
  if (code === "EPROTO" || code.startsWith("ERR_SSL_"))
    return new OciBuildError(`${peer}-tls`, `${url.host} does not speak TLS as expected`, {
      hint:
        peer === "registry"
          ? "plain http is used for this machine's own registries only, or for hosts that are declared insecure"
          : "check the URL: a server that speaks plain http is asked with http://",
      cause: error,
    });
  if (code.startsWith("HPE_"))
    return new OciBuildError(
      peer === "registry" ? "registry-not-a-registry" : "server-not-http",
      `${url.host} does not speak HTTP`,
      {
        hint: "check the host name and the port",
        cause: error,
      },
    );
  const problem =
    error instanceof TimeoutError ? error.message : (problems.get(code) ?? (code || "the connection failed"));
  return new OciBuildError(`${peer}-unreachable`, `cannot reach ${url.host}: ${problem}`, {
    hint: `check that the ${peer} runs, its name and port, and the proxy settings`,
    cause: error,
  });
}

/** Takes away the bytes that node:http could not read and put into its error: they may hold a token. */
export function scrub(error: unknown): unknown {
  if (error instanceof Error) Reflect.deleteProperty(error, "rawPacket");
  return error;
}

/** The system's code of an error or of its cause, e.g. `ECONNRESET`. */
export function systemCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = error instanceof OciBuildError ? undefined : (error as NodeJS.ErrnoException).code;
  return code ?? systemCodeOf(error.cause);
}
