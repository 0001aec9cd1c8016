import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import type { Lifetime } from "./temporary.ts";

export interface WebServer {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** What was asked, in order: `GET /path`, with the conditional headers if there are some. */
  readonly requests: http.IncomingMessage[];
}

export type Handler = (request: http.IncomingMessage, response: http.ServerResponse) => void;

/** A web server on a free port of this machine, until the test ends. */
export async function startWebServer(t: Lifetime, handler: Handler): Promise<WebServer> {
  const requests: http.IncomingMessage[] = [];
  const server = http.createServer((request, response) => {
    requests.push(request);
    handler(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}
