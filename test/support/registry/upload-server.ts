import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import type { Test } from "tap";

/** What a registry does wrong with one request. */
export type Fault =
  /** Takes so many bytes of the body, keeps them, and cuts the connection. */
  | { readonly kind: "cut"; readonly after: number }
  | { readonly kind: "status"; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** Forgets the upload that the request belongs to. */
  | { readonly kind: "forget" }
  /** Takes everything, and then says nothing but cuts the connection. */
  | { readonly kind: "hang-up" }
  /** Says that the manifest has another digest. */
  | { readonly kind: "wrong-digest" };

export interface Seen {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: http.IncomingHttpHeaders;
}

/** A registry of this process that takes uploads as distribution-spec says, for clients that are to be disturbed. */
export interface UploadServer {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  readonly requests: readonly Seen[];
  /** By digest, whatever the repository. */
  readonly blobs: Map<string, Buffer>;
  /** By `REPOSITORY/TAG`. */
  readonly manifests: Map<string, Buffer>;
}

export interface UploadServerOptions {
  /** Asked for each request, and may disturb it. */
  readonly fault?: (seen: Seen) => Fault | undefined;
  /** Sent with every upload that is begun. */
  readonly chunkMinimum?: number;
  /** Where uploads go on, instead of here. */
  readonly uploadsAt?: () => string;
}

/** Starts it on a free port of this machine, and stops it when the test ends. */
export async function startUploadServer(t: Test, options: UploadServerOptions = {}): Promise<UploadServer> {
  const [blobs, manifests] = [new Map<string, Buffer>(), new Map<string, Buffer>()];
  const uploads = new Map<string, Buffer[]>();
  const requests: Seen[] = [];

  const handle = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    // Who leaves the loop over a body ends the request, which has no socket then.
    const { socket } = request;
    const url = new URL(request.url ?? "", "http://x");
    const seen = {
      method: request.method ?? "",
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
    };
    requests.push(seen);
    const fault = options.fault?.(seen);
    const upload = /\/blobs\/uploads\/(\w+)$/.exec(seen.path)?.[1];
    if (fault?.kind === "status") {
      response.writeHead(fault.status, { connection: "close", ...fault.headers }).end('{"errors":[]}');
      return;
    }
    if (fault?.kind === "forget" && upload !== undefined) uploads.delete(upload);
    const kept = upload === undefined ? [] : (uploads.get(upload) ?? []);
    let taken = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      const room = fault?.kind === "cut" ? Math.max(0, fault.after - taken) : chunk.length;
      kept.push(chunk.subarray(0, room));
      taken += chunk.length;
      if (fault?.kind === "cut" && taken >= fault.after) break;
    }
    if (fault?.kind === "cut" || fault?.kind === "hang-up") return void socket.destroy();
    answer(seen, response, { upload, kept, lies: fault?.kind === "wrong-digest" });
  };

  function answer(
    { method, path, query, headers }: Seen,
    response: http.ServerResponse,
    { upload, kept, lies }: { upload: string | undefined; kept: Buffer[]; lies: boolean },
  ): void {
    const repository = /^\/v2\/(.+?)\/(?:blobs|manifests)\//.exec(path)?.[1] ?? "";
    const end = (status: number, more: Readonly<Record<string, string>> = {}): void =>
      void response.writeHead(status, { "content-length": "0", ...more }).end();
    if (path === "/v2/") return end(200);
    const manifest = /\/manifests\/([^/]+)$/.exec(path)?.[1];
    if (manifest !== undefined) {
      const bytes = Buffer.concat(kept);
      manifests.set(`${repository}/${manifest}`, bytes);
      return end(201, { "docker-content-digest": lies ? digestOf(Buffer.from("another")) : digestOf(bytes) });
    }
    if (method === "HEAD") {
      const blob = blobs.get(/[^/]+$/.exec(path)?.[0] ?? "");
      return blob === undefined ? end(404) : end(200, { "content-length": String(blob.length) });
    }
    if (method === "POST") {
      const mounted = query.get("mount");
      if (mounted !== null && blobs.has(mounted)) return end(201);
      const id = randomBytes(8).toString("hex");
      uploads.set(id, []);
      const minimum =
        options.chunkMinimum === undefined ? {} : { "oci-chunk-min-length": String(options.chunkMinimum) };
      const location = `${options.uploadsAt?.() ?? ""}/v2/${repository}/blobs/uploads/${id}`;
      return end(202, { location, ...minimum });
    }
    // An upload that began at another host goes on here, but nobody asks after one that is unknown.
    if (upload === undefined || (method === "GET" && !uploads.has(upload))) return end(404);
    const bytes = Buffer.concat(kept);
    const range: Readonly<Record<string, string>> = bytes.length === 0 ? {} : { range: `0-${bytes.length - 1}` };
    if (method === "GET") return end(204, range);
    if (method === "DELETE") return end(uploads.delete(upload) ? 204 : 404);
    if (method === "PATCH") {
      const [from = -1, to = -1] = (headers["content-range"] ?? "").split("-").map(Number);
      if (from !== bytes.length - (to - from + 1)) return end(416);
      uploads.set(upload, [bytes]);
      return end(202, { location: path, ...range });
    }
    const digest = query.get("digest") ?? "";
    uploads.delete(upload);
    if (digestOf(bytes) !== digest)
      return void response.writeHead(400).end('{"errors":[{"code":"DIGEST_INVALID","message":"secret words"}]}');
    blobs.set(digest, bytes);
    return end(201);
  }

  const server = http.createServer(
    (request, response) => void handle(request, response).catch(() => response.destroy()),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, requests, blobs, manifests };
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
