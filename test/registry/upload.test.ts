import { Readable } from "node:stream";
import t, { type Test } from "tap";
import { formatReference, parseReference, type Reference } from "../../src/oci/reference.ts";
import type { BlobArrival, BlobSource } from "../../src/registry/upload.ts";
import { createTestRegistry, errorOf, wholeText } from "../support/registry/client.ts";
import { registryLogin, startDockerRegistry } from "../support/registry/docker-registry.ts";
import { blobOf, makeImage, type TestBlob } from "../support/registry/image.ts";
import {
  type Fault,
  type Seen,
  startUploadServer,
  type UploadServerOptions,
} from "../support/registry/upload-server.ts";
import { run } from "../support/process.ts";

const layerType = "application/vnd.oci.image.layer.v1.tar";

/** A blob of `size` bytes that do not repeat soon. */
function blob(size: number, seed = 1): TestBlob {
  const bytes = Buffer.alloc(size);
  for (let i = 0, x = seed; i < size; i += 1) bytes[i] = (x = (x * 1_103_515_245 + 12_345) & 0x7fffffff) >> 16;
  return blobOf(bytes, layerType);
}

function sourceOf({ bytes }: TestBlob, more: Partial<BlobSource> = {}): BlobSource {
  return {
    open: ({ start, end }) => Readable.from(pieces(bytes.subarray(start, end)), { objectMode: false }),
    ...more,
  };
}

function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 64 * 1024) yield bytes.subarray(at, at + 64 * 1024);
}

function is(method: string, { method: seen, path }: Seen): boolean {
  return seen === method && path.includes("/blobs/");
}

/** Uploads one blob to a server that is disturbed as `fault` says. */
async function upload(
  t: Test,
  options: UploadServerOptions,
  { sent = blob(300_000), source = {} }: { sent?: TestBlob; source?: Partial<BlobSource> } = {},
) {
  const server = await startUploadServer(t, options);
  const registry = createTestRegistry(t);
  const reference = parseReference(`${server.host}/team/app:1`);
  const push = (): Promise<BlobArrival> => registry.pushBlob(reference, sent.descriptor, sourceOf(sent, source));
  return { server, registry, reference, sent, push };
}

t.test("a blob is sent whole, once, and not at all when it is there", async (t) => {
  const progress: number[] = [];
  const { server, push, sent } = await upload(t, {}, { source: { onProgress: (bytes) => progress.push(bytes) } });
  t.equal(await push(), "uploaded");
  t.strictSame(server.blobs.get(sent.descriptor.digest), Buffer.from(sent.bytes));
  t.equal(progress.at(-1), sent.bytes.length);
  const methods = (): readonly string[] => server.requests.filter(({ path }) => path !== "/v2/").map((r) => r.method);
  t.strictSame(methods(), ["HEAD", "POST", "PUT"]);
  t.equal(await push(), "there");
  t.strictSame(methods(), ["HEAD", "POST", "PUT", "HEAD"]);
});

t.test("a blob of another repository is mounted, and what a registry begins instead is given up", async (t) => {
  const there = blob(1000);
  const { server, registry, reference } = await upload(t, {});
  server.blobs.set(there.descriptor.digest, Buffer.from(there.bytes));
  // HEAD would find it, as this server keeps no repositories apart.
  const hidden = await upload(t, { fault: (seen) => (is("HEAD", seen) ? { kind: "status", status: 404 } : undefined) });
  hidden.server.blobs.set(there.descriptor.digest, Buffer.from(there.bytes));
  const mountFrom = ["library/debian"];
  const push = (to: Reference, what: TestBlob, client: typeof registry): Promise<BlobArrival> =>
    client.pushBlob(to, what.descriptor, sourceOf(what, { mountFrom }));
  t.equal(await push(hidden.reference, there, hidden.registry), "mounted");
  t.equal(hidden.server.requests.at(-1)?.query.get("from"), "library/debian");
  const missing = blob(1000, 2);
  t.equal(await push(reference, missing, registry), "uploaded");
  t.strictSame(
    server.requests.filter(({ path }) => path !== "/v2/").map(({ method }) => method),
    ["HEAD", "POST", "DELETE", "POST", "PUT"],
  );
});

t.test("an upload that was cut goes on where it stood, in pieces of the size that the registry wants", async (t) => {
  let cuts = 1;
  const fault = (seen: Seen): Fault | undefined =>
    is("PUT", seen) && cuts-- > 0 ? { kind: "cut", after: 100_000 } : undefined;
  const { server, push, sent } = await upload(t, { fault, chunkMinimum: 1000 });
  t.equal(await push(), "uploaded");
  t.strictSame(server.blobs.get(sent.descriptor.digest), Buffer.from(sent.bytes));
  const patch = server.requests.find((seen) => is("PATCH", seen));
  t.equal(patch?.headers["content-range"], "100000-299999");
});

t.test("a blob that a registry finds too large is sent in chunks", async (t) => {
  const fault = (seen: Seen): Fault | undefined =>
    Number(seen.headers["content-length"] ?? 0) > 36 << 20 ? { kind: "status", status: 413 } : undefined;
  const { server, push, sent } = await upload(
    t,
    { fault },
    { sent: blobOf(Buffer.alloc(40 << 20, "all alike"), layerType) },
  );
  t.equal(await push(), "uploaded");
  t.ok(server.blobs.get(sent.descriptor.digest)?.equals(Buffer.from(sent.bytes)));
  t.equal(server.requests.filter((seen) => is("PATCH", seen)).length, 2);
});

t.test("uploads that go on at another host do so without the login", async (t) => {
  const elsewhere = await startUploadServer(t);
  const server = await startUploadServer(t, {
    uploadsAt: () => `http://${elsewhere.host}`,
    fault: ({ path, headers }) =>
      path === "/v2/" || headers.authorization !== undefined
        ? undefined
        : { kind: "status", status: 401, headers: { "www-authenticate": 'Basic realm="test"' } },
  });
  const credentials = { kind: "password", username: "me", password: "hunter2" } as const;
  const source = { find: () => Promise.resolve(credentials), places: [] };
  const registry = createTestRegistry(t, { credentials: source });
  const sent = blob(1000);
  const reference = parseReference(`${server.host}/a/b:1`);
  t.equal(await registry.pushBlob(reference, sent.descriptor, sourceOf(sent)), "uploaded");
  t.ok(elsewhere.blobs.has(sent.descriptor.digest));
  t.notOk(elsewhere.requests.some(({ headers }) => headers.authorization !== undefined));
  t.ok(server.requests.some(({ headers }) => headers.authorization !== undefined));
});

t.test("what a registry says is told by its code, and its own words are not", async (t) => {
  const lying = blobOf("right", layerType);
  const { push } = await upload(t, {}, { sent: { ...lying, bytes: Buffer.from("wrong") } });
  const error = await errorOf(push());
  t.match(error, { code: "upload-refused", message: /what has arrived there has another digest/ });
  t.notMatch(wholeText(error), /secret words/);
  for (const [status, code] of [
    [401, "registry-protocol"],
    [403, "registry-denied"],
    [404, "upload-refused"],
    [429, "registry-rate-limited"],
    [500, "registry-error"],
  ] as const) {
    const refusing = await upload(t, {
      fault: (seen) => (is("POST", seen) ? { kind: "status", status, headers: { "retry-after": "3600" } } : undefined),
    });
    t.match(await errorOf(refusing.push()), { code }, String(status));
  }
});

t.test("a manifest is put under its tag, and one that the registry makes another of is an error", async (t) => {
  const image = await makeImage();
  let lies = false;
  const server = await startUploadServer(t, { fault: () => (lies ? { kind: "wrong-digest" } : undefined) });
  const registry = createTestRegistry(t);
  const reference = parseReference(`${server.host}/team/app:1`);
  const manifest = { mediaType: image.top.descriptor.mediaType, bytes: image.top.bytes };
  await registry.pushManifest(reference, manifest);
  t.strictSame(server.manifests.get("team/app/1"), Buffer.from(image.top.bytes));
  t.equal(server.requests.at(-1)?.headers["content-type"], manifest.mediaType);
  lies = true;
  t.match(await errorOf(registry.pushManifest(reference, manifest)), { code: "registry-protocol" });
});

t.test("uploads that are disturbed at random end right or with an error, never with a wrong byte", async (t) => {
  const rounds = Number(process.env["OCI_BUILD_FAULT_ROUNDS"] ?? 40);
  const ends = { uploaded: 0, failed: 0 };
  let seed = 7;
  const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
  const faults: readonly (() => Fault)[] = [
    () => ({ kind: "cut", after: random(200_000) }),
    () => ({ kind: "status", status: [500, 502, 503, 408, 404, 400][random(6)] ?? 500 }),
    () => ({ kind: "status", status: 429, headers: { "retry-after": "0" } }),
    () => ({ kind: "forget" }),
    () => ({ kind: "hang-up" }),
  ];
  const fault = (seen: Seen): Fault | undefined =>
    seen.path !== "/v2/" && random(3) === 0 ? faults[random(faults.length)]?.() : undefined;
  const server = await startUploadServer(t, { fault, chunkMinimum: 10_000 });
  for (let round = 1; round <= rounds; round += 1) {
    const registry = createTestRegistry(t);
    const sent = blob(150_000, round + 1);
    const { digest } = sent.descriptor;
    const reference = parseReference(`${server.host}/team/app:1`);
    try {
      await registry.pushBlob(reference, sent.descriptor, sourceOf(sent));
      if (!server.blobs.get(digest)?.equals(Buffer.from(sent.bytes))) t.fail(`round ${round}: a wrong blob`);
      ends.uploaded += 1;
    } catch (error) {
      t.match((error as { code?: string }).code, /^(registry-|upload-refused)/, `round ${round}`);
      ends.failed += 1;
    }
  }
  t.ok(ends.uploaded > rounds / 2, JSON.stringify(ends));
});

t.test("docker's registry takes images, also with a login, and skopeo reads them back", async (t) => {
  for (const htpasswd of [false, true]) {
    const { host } = await startDockerRegistry(t, { htpasswd });
    const find = () => Promise.resolve({ kind: "password", ...registryLogin } as const);
    const registry = createTestRegistry(t, { credentials: { find, places: [] } });
    const image = await makeImage({ layers: [{ a: "one" }, { b: Buffer.alloc(3 << 20, "x") }] });
    const reference = parseReference(`${host}/team/app:1`);
    for (const part of image.blobs) await registry.pushBlob(reference, part.descriptor, sourceOf(part));
    await registry.pushManifest(reference, { mediaType: image.top.descriptor.mediaType, bytes: image.top.bytes });
    // docker's registry mounts what another repository has.
    const [part] = image.blobs;
    if (part === undefined) throw new TypeError("an image without a config");
    const other = parseReference(`${host}/team/other:1`);
    const source = sourceOf(part, { mountFrom: ["team/app"] });
    t.equal(await registry.pushBlob(other, part.descriptor, source), "mounted");
    const directory = t.testdir();
    const login = htpasswd ? ["--src-creds", `${registryLogin.username}:${registryLogin.password}`] : [];
    const from = `docker://${formatReference(reference)}`;
    const copied = await run(["skopeo", "copy", "--src-tls-verify=false", ...login, from, `dir:${directory}/copy`]);
    t.equal(copied.code, 0, copied.stderr);
  }
});
