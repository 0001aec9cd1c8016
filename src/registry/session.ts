import type { Reference } from "../oci/reference.ts";
import { createAuthorised, type ScopedRequest } from "./authorise.ts";
import { systemCodeOf } from "../http/connection-error.ts";
import { discard } from "../http/discard.ts";
import { createExchange } from "../http/exchange.ts";
import type { Pace } from "../http/retry.ts";
import type { Response, Send } from "../http/transport.ts";
import type { CredentialSource } from "./credentials.ts";
import { hostOf } from "./endpoint.ts";
import { mayUseHttp, refusePlainHttp } from "./plain-http.ts";

export interface SessionOptions {
  readonly send: Send;
  readonly credentials: CredentialSource;
  readonly insecureRegistries: readonly string[];
  readonly pace: Pace;
  readonly signal: AbortSignal;
}

/** What is asked of a repository. */
export interface RegistryRequest extends Omit<ScopedRequest, "url" | "headers"> {
  /** A path below `/v2/REPOSITORY/`, or where the registry said to go on. */
  readonly target: string | URL;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks registries: logins and passing failures are dealt with, and redirects of what reads; the answer's status is not looked at. */
export type Ask = (reference: Reference, request: RegistryRequest, signal: AbortSignal) => Promise<Response>;

/** What can be got from a repository, and the request headers that it takes. */
export interface Item {
  readonly kind: "manifests" | "blobs";
  /** A tag or a digest. */
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
}

export type Get = (reference: Reference, item: Item, signal: AbortSignal) => Promise<Response>;

export function createAsk(options: SessionOptions): Ask {
  const exchange = createExchange(options.send, {
    pace: options.pace,
    peer: "registry",
    check: (url) => refusePlainHttp(url, options.insecureRegistries),
  });
  const authorised = createAuthorised(exchange, options.credentials, options.signal);
  const schemes = new Map<string, Promise<"http" | "https">>();

  function schemeOf(host: string): Promise<"http" | "https"> {
    const known = schemes.get(host);
    if (known !== undefined) return known;
    const found = mayUseHttp(host, options.insecureRegistries)
      ? probe(options.send, host, options.signal)
      : Promise.resolve("https" as const);
    schemes.set(host, found);
    found.catch(() => schemes.delete(host));
    return found;
  }

  return async (reference, { target, headers = {}, ...request }, signal) => {
    const host = hostOf(reference.registry);
    const base = new URL(`${await schemeOf(host)}://${host}/v2/${reference.repository}/`);
    const url = typeof target === "string" ? new URL(target, base) : target;
    // Uploads may go on at another host, which is not told who uploads.
    const send = url.origin === base.origin ? authorised.bind(undefined, reference) : exchange;
    return await send({ ...request, url, headers }, signal);
  };
}

/** What reads. A blob is asked for as it lies there: its digest is that of the bytes on the wire. */
export function createGet(ask: Ask): Get {
  return (reference, { kind, name, headers }, signal) => {
    const plain = { "accept-encoding": "identity", ...headers };
    return ask(reference, { method: "GET", target: `${kind}/${name}`, headers: plain }, signal);
  };
}

/** Finds out whether a host that may speak plain http does, or speaks TLS: its servers cut the line, or answer 400. */
async function probe(send: Send, host: string, signal: AbortSignal): Promise<"http" | "https"> {
  try {
    const response = await send({ method: "GET", url: new URL(`http://${host}/v2/`), headers: {} }, signal);
    discard(response);
    return response.status === 400 ? "https" : "http";
  } catch (error) {
    signal.throwIfAborted();
    const code = systemCodeOf(error) ?? "";
    if (code.startsWith("HPE_") || code === "ECONNRESET") return "https";
    throw error;
  }
}
