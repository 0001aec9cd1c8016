import http from "node:http";
import type https from "node:https";
import type { OnReadOpts, Socket } from "node:net";
import type { Readable } from "node:stream";
import { span } from "../progress/span.ts";
import { connectionError, TimeoutError } from "./connection-error.ts";
import type { Peer } from "./peer.ts";
import { proxyAuthorization, proxyFor, type Environment } from "./proxy.ts";

export interface Request {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | StreamedBody;
}

/** A body that is read while it is sent. */
export interface StreamedBody {
  readonly size: number;
  /** Begins to read it; called again when a login makes the request be sent once more. */
  readonly open: () => Readable;
}

export interface Response {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /** Where the answer came from, after redirects. */
  readonly url: URL;
  readonly body: http.IncomingMessage;
}

/** One exchange with one host: no redirects, no authentication, no second try. */
export type Send = (request: Request, signal: AbortSignal) => Promise<Response>;

/** Milliseconds. There is no limit on how long a whole transfer takes. */
export interface Timeouts {
  /** Until the connection, with TLS, is there. */
  readonly connect: number;
  /** Between two pieces of an answer that somebody is waiting for. */
  readonly idle: number;
}

export const defaultTimeouts: Timeouts = { connect: 30_000, idle: 60_000 };

export interface Transport {
  readonly send: Send;
  /** Closes the connections that are kept for later. */
  close(): void;
}

/**
 * HTTP over node:http and node:https with connections that are kept open. `fetch` is slower, and follows redirects and
 * decodes bodies on its own.
 */
export function createTransport(environment: Environment, timeouts: Timeouts, peer: Peer): Transport {
  const plain = new http.Agent({ keepAlive: true, onread: inLargePieces });
  const secure = new Map<string, https.Agent>();

  async function secureAgent(proxy: URL | undefined): Promise<https.Agent> {
    const { createSecureAgent } = await import("./tunnel.ts");
    const key = proxy?.href ?? "";
    const agent = secure.get(key) ?? createSecureAgent(proxy, peer);
    secure.set(key, agent);
    return agent;
  }

  async function send(request: Request, signal: AbortSignal): Promise<Response> {
    signal.throwIfAborted();
    const { url } = request;
    const proxy = proxyFor(url, environment);
    const common = {
      method: request.method,
      headers: { "user-agent": "oci-build", ...lengthOf(request), ...request.headers },
    };
    if (url.protocol === "https:") {
      const agent = await secureAgent(proxy);
      const { request: start } = await import("node:https");
      return await exchange(start(url, { ...common, agent }), request, { timeouts, peer, signal });
    }
    if (proxy === undefined)
      return await exchange(http.request(url, { ...common, agent: plain }), request, { timeouts, peer, signal });
    // A proxy is asked for a plain http URL by its whole text.
    const headers = { ...common.headers, host: url.host, ...proxyAuthorization(proxy) };
    return await exchange(http.request(proxy, { ...common, headers, path: url.href, agent: plain }), request, {
      timeouts,
      peer,
      signal,
    });
  }

  function close(): void {
    plain.destroy();
    for (const agent of secure.values()) agent.destroy();
  }

  return {
    // A query may hold a signature, and a user's name a password: neither is shown.
    send: (request, signal) =>
      span("network", `${request.method} ${request.url.origin}${request.url.pathname}`, () => send(request, signal)),
    close,
  };
}

/**
 * Reads of an unencrypted connection. Left alone, node:net takes 64 KiB at a time into ever new memory, which costs a
 * download of layers a third of its processor time. The HTTP parser copies what it passes on, so that the memory for a
 * read can be used again.
 */
const inLargePieces: OnReadOpts = {
  buffer: Buffer.allocUnsafeSlow(512 * 1024),
  callback(this: Socket, length: number, bytes: Uint8Array) {
    this.emit("data", Buffer.from(bytes.buffer, bytes.byteOffset, length));
    return true;
  },
};

interface Circumstances {
  readonly timeouts: Timeouts;
  readonly peer: Peer;
  readonly signal: AbortSignal;
}

function exchange(
  sent: http.ClientRequest,
  { url, body }: Request,
  { timeouts, peer, signal }: Circumstances,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    let answer: http.IncomingMessage | undefined;
    const stop = (reason: Error): void => void (answer ?? sent).destroy(reason);
    const abort = (): void => stop(new Error("aborted"));
    signal.addEventListener("abort", abort, { once: true });
    sent.once("close", () => signal.removeEventListener("abort", abort));

    // A request is flushed, and so finished, as soon as there is a connection to flush it to.
    const connecting = setTimeout(() => stop(new TimeoutError("no connection", timeouts.connect)), timeouts.connect);
    for (const event of ["finish", "close"]) sent.once(event, () => clearTimeout(connecting));
    // A long body is not flushed for a long time.
    if (isStreamed(body))
      sent.once("socket", (socket) => {
        const connected = url.protocol === "https:" ? "secureConnect" : "connect";
        if (socket.connecting) socket.once(connected, () => clearTimeout(connecting));
        else clearTimeout(connecting);
      });
    sent.setTimeout(timeouts.idle);
    sent.on("timeout", () => {
      // Bytes that lie there unread mean that the reader is slow, not the registry.
      if (answer !== undefined && answer.readableLength > 0) sent.setTimeout(timeouts.idle);
      else stop(new TimeoutError("no answer", timeouts.idle));
    });

    sent.on("error", (error) => reject(signal.aborted ? (signal.reason as Error) : connectionError(error, url, peer)));
    sent.once("response", (response) => {
      answer = response;
      // A failure of the body is told to whoever reads it; without a reader it must not end the process.
      response.on("error", () => {});
      resolve({ status: response.statusCode ?? 0, headers: response.headers, url, body: response });
    });
    if (isStreamed(body)) stream(body, sent);
    else sent.end(body);
  });
}

function isStreamed(body: Request["body"]): body is StreamedBody {
  return body !== undefined && typeof body !== "string" && !(body instanceof Uint8Array);
}

/** Sends a body as it is read. A server that answers before it has all of it wants no more. */
function stream(body: StreamedBody, sent: http.ClientRequest): void {
  const source = body.open();
  source.on("error", (error) => sent.destroy(error));
  sent.once("close", () => source.destroy());
  sent.once("response", (response) => {
    if (sent.writableFinished) return;
    source.unpipe(sent);
    response.once("end", () => sent.destroy());
  });
  source.pipe(sent);
}

/** Without it node:http sends a streamed body in chunks, which not every registry takes. */
function lengthOf({ method, body }: Request): Readonly<Record<string, string>> {
  if (body === undefined) return method === "GET" || method === "HEAD" ? {} : { "content-length": "0" };
  if (typeof body === "string") return { "content-length": String(Buffer.byteLength(body)) };
  return { "content-length": String(body instanceof Uint8Array ? body.length : body.size) };
}
