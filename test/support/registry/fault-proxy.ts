import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import type { Test } from "tap";

/** What becomes of one request that passes through. */
export type Fault =
  | { readonly kind: "none" }
  /** So many bytes of the request's body arrive, then both connections are cut. */
  | { readonly kind: "cut-request"; readonly after: number }
  /** The registry does what it was asked, and nobody hears of it. */
  | { readonly kind: "lose-answer" }
  /** The registry is not asked. */
  | { readonly kind: "status"; readonly status: number };

export interface PassedRequest {
  readonly method: string;
  readonly path: string;
}

export interface FaultProxy {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  readonly requests: readonly PassedRequest[];
}

/** Stands between a client and a real registry, and spoils what `choose` picks. Stops when the test ends. */
export async function startFaultProxy(
  t: Test,
  registry: string,
  choose: (request: PassedRequest) => Fault,
): Promise<FaultProxy> {
  const requests: PassedRequest[] = [];
  const server = http.createServer((request, response) => {
    const passed = { method: request.method ?? "", path: request.url ?? "" };
    requests.push(passed);
    const fault = choose(passed);
    if (fault.kind === "status") {
      request.resume();
      response.writeHead(fault.status).end();
      return;
    }
    const { headers, method, url } = request;
    const forwarded = http.request(`http://${registry}${url}`, { method, headers, agent: false });
    const cut = (): void => {
      forwarded.destroy();
      request.socket.destroy();
    };
    forwarded.on("error", cut);
    response.on("close", () => forwarded.destroy());
    forwarded.on("response", (answer) => {
      answer.on("error", cut);
      if (fault.kind === "lose-answer") return cut();
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    if (fault.kind !== "cut-request") {
      request.pipe(forwarded);
      return;
    }
    let left = fault.after;
    request.on("data", (chunk: Buffer) => {
      if (left <= 0) return;
      forwarded.write(chunk.subarray(0, left));
      left -= chunk.length;
      // What was written gets a moment to arrive.
      if (left <= 0) setTimeout(cut, 20);
    });
    request.on("end", () => setTimeout(cut, 20));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}
