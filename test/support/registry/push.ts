import type { TestBlob, TestImage } from "./image.ts";

export interface PushTarget {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  readonly repository: string;
  readonly tag: string;
  readonly login?: { readonly username: string; readonly password: string };
}

/** Puts an image into a registry over plain http, blobs first, and tags it. */
export async function pushImage(target: PushTarget, image: TestImage): Promise<void> {
  for (const blob of image.blobs) await pushBlob(target, blob);
  for (const manifest of image.manifests) await pushManifest(target, manifest, manifest.descriptor.digest);
  await pushManifest(target, image.top, target.tag);
}

async function pushBlob(target: PushTarget, { bytes, descriptor }: TestBlob): Promise<void> {
  const start = await send(target, "POST", `http://${target.host}/v2/${target.repository}/blobs/uploads/`);
  const location = new URL(start.headers.get("location") ?? "", `http://${target.host}`);
  location.searchParams.set("digest", descriptor.digest);
  await send(target, "PUT", location.href, { bytes, type: "application/octet-stream" });
}

async function pushManifest(target: PushTarget, { bytes, descriptor }: TestBlob, name: string): Promise<void> {
  await send(target, "PUT", `http://${target.host}/v2/${target.repository}/manifests/${name}`, {
    bytes,
    type: descriptor.mediaType,
  });
}

async function send(
  { login }: PushTarget,
  method: string,
  url: string,
  body?: { readonly bytes: Uint8Array; readonly type: string },
): Promise<Response> {
  const headers = new Headers(body === undefined ? {} : { "content-type": body.type });
  if (login !== undefined)
    headers.set("authorization", `Basic ${Buffer.from(`${login.username}:${login.password}`).toString("base64")}`);
  const response = await fetch(url, { method, headers, ...(body !== undefined && { body: body.bytes }) });
  if (!response.ok) throw new Error(`${method} ${url} answered ${response.status}: ${await response.text()}`);
  await response.arrayBuffer();
  return response;
}
