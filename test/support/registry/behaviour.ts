import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { FaultServer, RecordedRequest } from "./fault-server.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: Uint8Array;
}

export interface Exchange {
  readonly request: RecordedRequest;
  readonly response: ServerResponse;
  /** What the server would answer without a fault. */
  readonly usual: Answer;
  readonly send: (answer: Answer) => void;
}

/** Answers one request in place of the server. */
export type Behaviour = (exchange: Exchange) => void | Promise<void>;

/** Answers with a status, e.g. `status(429, { "retry-after": "1" })`. */
export function status(
  code: number,
  headers: Readonly<Record<string, string>> = {},
  body = '{"errors":[]}',
): Behaviour {
  return ({ send }) =>
    send({ status: code, headers: { "content-type": "application/json", ...headers }, body: Buffer.from(body) });
}

/** A web page where a document was asked for. */
export function webPage(code = 200): Behaviour {
  return ({ send }) =>
    send({
      status: code,
      headers: { "content-type": "text/html; charset=utf-8" },
      body: Buffer.from("<!doctype html><title>Sign in</title>"),
    });
}

/** Sends so many bytes of what it announces, then cuts the connection. */
export function cutAfter(bytes: number): Behaviour {
  return ({ response, usual }) => {
    response.writeHead(usual.status, { "content-length": usual.body.length, ...usual.headers });
    if (bytes === 0) response.flushHeaders();
    response.write(usual.body.subarray(0, bytes), () => response.destroy());
  };
}

/** Cuts the connection before any answer. */
export function hangUp(): Behaviour {
  return ({ response }) => void response.destroy();
}

/** Never answers. */
export function silence(): Behaviour {
  return () => {};
}

/** Sends so many bytes, and then nothing more although the connection stays. */
export function stallAfter(bytes: number): Behaviour {
  return ({ response, usual }) => {
    response.writeHead(usual.status, { "content-length": usual.body.length, ...usual.headers });
    response.write(usual.body.subarray(0, bytes));
  };
}

/** Another body than the right one, with the right headers but its own length. */
export function changed(change: (body: Buffer) => Uint8Array): Behaviour {
  return ({ usual, send }) => send({ ...usual, body: change(Buffer.from(usual.body)) });
}

/** The same, without announcing the length. */
export function changedUnannounced(change: (body: Buffer) => Uint8Array): Behaviour {
  return ({ response, usual }) => {
    response.writeHead(usual.status, usual.headers);
    response.end(change(Buffer.from(usual.body)));
  };
}

/** Other headers than the right ones. */
export function withHeaders(headers: Readonly<Record<string, string>>): Behaviour {
  return ({ usual, send }) => send({ ...usual, headers: { ...usual.headers, ...headers } });
}

/** The whole blob, whatever part of it was asked for. */
export function whole(bytes: Uint8Array): Behaviour {
  return ({ send }) => send({ status: 200, headers: {}, body: bytes });
}

/** Redirects to a URL, or to one made from the path. */
export function redirectTo(target: string | ((path: string) => string), code = 307): Behaviour {
  return ({ request, send }) =>
    send({
      status: code,
      headers: { location: typeof target === "string" ? target : target(request.path) },
      body: Buffer.alloc(0),
    });
}

/**
 * A manifest of so many bytes, sent as slowly as it is read.
 * @param sent is told how many bytes went out
 */
export function endless(
  bytes: number,
  { announced, sent }: { readonly announced: boolean; readonly sent: (bytes: number) => void },
): Behaviour {
  return async ({ response, usual }) => {
    response.writeHead(200, { ...usual.headers, ...(announced && { "content-length": bytes }) });
    const chunk = Buffer.alloc(64 * 1024, " ");
    function* chunks(): Generator<Buffer> {
      for (let total = chunk.length; total <= bytes; total += chunk.length) {
        sent(total);
        yield chunk;
      }
    }
    // The client hangs up before the end.
    await pipeline(Readable.from(chunks()), response).catch(() => {});
  };
}

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** Lets nobody in without this user and password. */
export function requireBasic(server: FaultServer, login: Login): void {
  const wanted = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString("base64")}`;
  server.on(/^\/v2\/./, ({ request, usual, send }) =>
    send(request.headers.authorization === wanted ? usual : challenge('Basic realm="test"')),
  );
}

export interface TokenRules {
  /** Who gets a token; without it everybody does. */
  readonly login?: Login;
  /** An identity token that gets an access token by POST. */
  readonly identityToken?: string;
  /** Path of the token server, with a query if it has one; default: `/token`. */
  readonly realm?: `/token${string}`;
  /** Seconds that the server says a token is good for. */
  readonly expiresIn?: number;
  /** How many requests a token is really good for. */
  readonly uses?: number;
}

/** Lets nobody in without a token of its own token server. */
export function requireBearer(server: FaultServer, rules: TokenRules = {}): void {
  const usesLeft = new Map<string, number>();
  server.on(/^\/v2\/./, ({ request, usual, send }) => {
    const token = request.headers.authorization?.replace(/^Bearer /, "") ?? "";
    const left = usesLeft.get(token) ?? 0;
    usesLeft.set(token, left - 1);
    const repository = /^\/v2\/(.+)\/(?:manifests|blobs)\//.exec(request.path)?.[1];
    send(
      left > 0
        ? usual
        : challenge(
            `Bearer realm="${server.origin}${rules.realm ?? "/token"}",service="test service",scope="repository:${repository}:pull"`,
          ),
    );
  });
  server.on(/^\/token/, ({ request, send }) => {
    if (!mayHaveToken(request, rules)) return send(challenge('Basic realm="test"'));
    const token = `access-token-${randomBytes(12).toString("hex")}`;
    usesLeft.set(token, rules.uses ?? Number.POSITIVE_INFINITY);
    send({
      status: 200,
      headers: { "content-type": "application/json" },
      body: Buffer.from(JSON.stringify({ token, expires_in: rules.expiresIn ?? 300 })),
    });
  });
}

function mayHaveToken(request: RecordedRequest, { login, identityToken }: TokenRules): boolean {
  if (identityToken !== undefined)
    return request.method === "POST" && new URLSearchParams(request.body).get("refresh_token") === identityToken;
  if (login === undefined) return true;
  return (
    request.headers.authorization === `Basic ${Buffer.from(`${login.username}:${login.password}`).toString("base64")}`
  );
}

function challenge(text: string): Answer {
  return {
    status: 401,
    headers: { "www-authenticate": text, "content-type": "application/json" },
    body: Buffer.from('{"errors":[{"code":"UNAUTHORIZED"}]}'),
  };
}
