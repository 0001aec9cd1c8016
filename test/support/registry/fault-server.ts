import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import type { Test } from "tap";
import type { Behaviour, Answer } from "./behaviour.ts";
import type { TestBlob, TestImage } from "./image.ts";

export interface RecordedRequest {
  readonly method: string;
  /** With the query string. */
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** A registry in this process that can be made to misbehave. Without faults it serves the images that were added. */
export interface FaultServer {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  readonly origin: string;
  /** In the order in which they came. */
  readonly requests: readonly RecordedRequest[];
  add(repository: string, tag: string, image: TestImage): void;
  /**
   * Lets `behaviour` answer requests whose path matches, the latest rule first.
   * @param times how often; then the rule is used up
   */
  on(path: RegExp, behaviour: Behaviour, times?: number): void;
}

export interface FaultServerOptions {
  /** PEM texts; with them it speaks https. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** Starts the server on a free port of this machine, and stops it when the test ends. */
export async function startFaultServer(t: Test, { tls }: FaultServerOptions = {}): Promise<FaultServer> {
  const documents = new Map<string, TestBlob>();
  const rules: { path: RegExp; behaviour: Behaviour; times: number }[] = [];
  const requests: RecordedRequest[] = [];

  const listener = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const recorded = await record(request);
    requests.push(recorded);
    const usual = usualAnswer(documents, recorded);
    const rule = rules.findLast(({ path, times }) => times > 0 && path.test(recorded.path));
    if (rule === undefined) return send(response, usual);
    rule.times--;
    await rule.behaviour({ request: recorded, response, usual, send: (answer) => send(response, answer) });
  };
  const server = tls === undefined ? http.createServer(listener) : https.createServer(tls, listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });

  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    origin: `${tls === undefined ? "http" : "https"}://${host}`,
    requests,
    add: (repository, tag, image) => {
      documents.set(`/v2/${repository}/manifests/${tag}`, image.top);
      for (const manifest of [image.top, ...image.manifests])
        documents.set(`/v2/${repository}/manifests/${manifest.descriptor.digest}`, manifest);
      for (const blob of image.blobs) documents.set(`/v2/${repository}/blobs/${blob.descriptor.digest}`, blob);
    },
    on: (path, behaviour, times = Number.POSITIVE_INFINITY) => void rules.push({ path, behaviour, times }),
  };
}

async function record(request: http.IncomingMessage): Promise<RecordedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return {
    method: request.method ?? "",
    path: request.url ?? "",
    headers: request.headers,
    body: Buffer.concat(chunks).toString(),
  };
}

function usualAnswer(documents: ReadonlyMap<string, TestBlob>, { path, headers }: RecordedRequest): Answer {
  if (path === "/v2/") return { status: 200, headers: {}, body: Buffer.from("{}") };
  const found = documents.get(path);
  if (found === undefined)
    return {
      status: 404,
      headers: { "content-type": "application/json" },
      body: Buffer.from('{"errors":[{"code":"NOT_FOUND","message":"no such thing"}]}'),
    };
  const { bytes, descriptor } = found;
  const isManifest = path.includes("/manifests/");
  const described = {
    "content-type": isManifest ? descriptor.mediaType : "application/octet-stream",
    "docker-content-digest": descriptor.digest,
  };
  const offset = /^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1];
  if (offset === undefined) return { status: 200, headers: described, body: bytes };
  const range = { "content-range": `bytes ${offset}-${bytes.length - 1}/${bytes.length}` };
  return { status: 206, headers: { ...described, ...range }, body: bytes.subarray(Number(offset)) };
}

function send(response: http.ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { "content-length": body.length, ...headers });
  response.end(body);
}
