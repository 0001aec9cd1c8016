import http from "node:http";
import https from "node:https";
import type { Duplex } from "node:stream";
import { OciBuildError } from "../errors.ts";
import { TimeoutError } from "./connection-error.ts";
import type { Peer } from "./peer.ts";
import { proxyAuthorization } from "./proxy.ts";

/** Milliseconds for a proxy to open a tunnel. */
const longestWait = 30_000;

/** An agent for https that keeps its connections open, and makes them through an http proxy when there is one. */
export function createSecureAgent(proxy: URL | undefined, peer: Peer): https.Agent {
  return proxy === undefined ? new https.Agent({ keepAlive: true }) : new TunnelAgent(proxy, peer);
}

/** TLS inside a CONNECT tunnel (https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6). */
class TunnelAgent extends https.Agent {
  readonly #proxy: URL;
  readonly #peer: Peer;

  constructor(proxy: URL, peer: Peer) {
    super({ keepAlive: true });
    this.#proxy = proxy;
    this.#peer = peer;
  }

  override createConnection(
    options: https.RequestOptions,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const host = options.host?.includes(":") ? `[${options.host}]` : options.host;
    openTunnel(this.#proxy, this.#peer, `${host}:${options.port}`).then(
      // `socket` makes tls.connect speak through the tunnel.
      (socket) => callback?.(null, super.createConnection({ ...options, socket } as https.RequestOptions) as Duplex),
      (error: Error) => (callback as (error: Error) => void)(error),
    );
  }
}

function openTunnel(proxy: URL, peer: Peer, target: string): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const request = http.request(proxy, {
      method: "CONNECT",
      path: target,
      headers: { host: target, ...proxyAuthorization(proxy) },
    });
    const fail = (problem: string, cause?: Error): void =>
      reject(
        new OciBuildError(`${peer}-unreachable`, `cannot reach ${target} through the proxy ${proxy.host}: ${problem}`, {
          hint: "check HTTPS_PROXY and NO_PROXY",
          cause,
        }),
      );
    request.once("connect", (response, socket) => {
      if (response.statusCode === 200) return resolve(socket);
      socket.destroy();
      fail(`it answered ${response.statusCode}`);
    });
    // A proxy that answers CONNECT like an ordinary request does not know it.
    request.once("response", (response) => {
      response.destroy();
      fail(`it answered ${response.statusCode}`);
    });
    request.once("error", (error) => fail("no connection to it", error));
    request.setTimeout(longestWait, () => request.destroy(new TimeoutError("no answer", longestWait)));
    request.end();
  });
}
