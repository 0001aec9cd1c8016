import { discard } from "./discard.ts";
import { type Peer, protocolError } from "./peer.ts";
import type { Request, Send } from "./transport.ts";

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const mostRedirects = 10;

/** Headers that are for the host which they were written for and no other. */
const privateHeaders: ReadonlySet<string> = new Set(["authorization", "cookie", "proxy-authorization"]);

export interface RedirectRules {
  readonly peer: Peer;
  /** Throws when a URL must not be asked. */
  readonly check: (url: URL) => void;
}

/**
 * Follows redirects of GET and HEAD requests: registries, for example, send the readers of blobs to object storage. What identifies
 * the user is taken off at the first change of scheme, host or port, and does not come back.
 */
export function followRedirects(send: Send, { peer, check }: RedirectRules): Send {
  return async (request, signal) => {
    let current = request;
    for (let count = 0; count <= mostRedirects; count++) {
      check(current.url);
      const response = await send(current, signal);
      const location = response.headers.location;
      if (!redirects.has(response.status) || location === undefined || !isReading(request)) return response;
      discard(response);
      current = redirected(current, response.url, { location, peer });
    }
    throw protocolError(request.url, peer, `it redirects more than ${mostRedirects} times`);
  };
}

function isReading({ method }: Request): boolean {
  return method === "GET" || method === "HEAD";
}

interface Redirection {
  readonly location: string;
  readonly peer: Peer;
}

function redirected(request: Request, from: URL, { location, peer }: Redirection): Request {
  const base = from.href;
  if (!URL.canParse(location, base))
    throw protocolError(request.url, peer, "it redirects to something that is not a URL");
  const url = new URL(location, base);
  if (url.protocol !== "https:" && url.protocol !== "http:")
    throw protocolError(request.url, peer, `it redirects to a ${url.protocol} URL`);
  if (request.url.protocol === "https:" && url.protocol === "http:")
    throw protocolError(request.url, peer, `it redirects from https to http, to ${url.host}`);
  // A user and password in the URL would be sent as basic authentication.
  url.username = "";
  url.password = "";
  if (url.origin === request.url.origin) return { ...request, url };
  const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !privateHeaders.has(name)));
  return { ...request, url, headers };
}
