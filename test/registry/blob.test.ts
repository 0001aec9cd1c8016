import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import t, { type Test } from "tap";
import { parseReference, type Reference } from "../../src/oci/reference.ts";
import type { Registry } from "../../src/registry/registry.ts";
import {
  changed,
  changedUnannounced,
  cutAfter,
  hangUp,
  redirectTo,
  stallAfter,
  status,
  whole,
  withHeaders,
} from "../support/registry/behaviour.ts";
import { createTestRegistry, readAll } from "../support/registry/client.ts";
import { startFaultServer, type FaultServer } from "../support/registry/fault-server.ts";
import { blobOf, makeImage, type TestBlob } from "../support/registry/image.ts";

const { signal } = new AbortController();
const blobs = /\/blobs\//;

interface Setting {
  readonly server: FaultServer;
  readonly registry: Registry;
  readonly reference: Reference;
  readonly blob: TestBlob;
}

/** A server that has a blob of so many random bytes. */
async function setUp(t: Test, size = 300_000): Promise<Setting> {
  const server = await startFaultServer(t);
  const blob = blobOf(randomBytes(size), "application/octet-stream");
  const image = await makeImage();
  server.add("app", "latest", { ...image, blobs: [...image.blobs, blob] });
  return { server, registry: createTestRegistry(t), reference: parseReference(`${server.host}/app`), blob };
}

async function download({ registry, reference, blob }: Setting): Promise<Buffer> {
  return await readAll(await registry.openBlob(reference, blob.descriptor, { signal }));
}

function blobRequests({ server }: Setting): readonly string[] {
  return server.requests.filter(({ path }) => blobs.test(path)).map(({ headers }) => headers.range ?? "whole");
}

t.test("a blob comes as it is, be it empty or long", async (t) => {
  for (const size of [0, 1, 65_536, 5_000_000]) {
    const setting = await setUp(t, size);
    t.ok((await download(setting)).equals(setting.blob.bytes), String(size));
  }
});

t.test("a wrong content is found before its last piece goes out", async (t) => {
  const setting = await setUp(t);
  setting.server.on(
    blobs,
    changed((body) => Buffer.concat([body.subarray(0, -1), Buffer.from([body.at(-1) === 0 ? 1 : 0])])),
  );
  const stream = await setting.registry.openBlob(setting.reference, setting.blob.descriptor, { signal });
  let received = 0;
  let ended = false;
  stream.on("data", (chunk: Buffer) => (received += chunk.length));
  stream.on("end", () => (ended = true));
  const [error] = (await once(stream, "error")) as [Error];
  t.match(error, { code: "blob-digest-mismatch", message: new RegExp(setting.blob.descriptor.digest) });
  t.ok(received < setting.blob.bytes.length, `${received} bytes came out`);
  t.notOk(ended);
});

t.test("a wrong length is found, announced or not", async (t) => {
  const shorter = (body: Buffer): Buffer => body.subarray(0, -1);
  const longer = (body: Buffer): Buffer => Buffer.concat([body, Buffer.from("x")]);
  const empty = (): Buffer => Buffer.alloc(0);
  for (const change of [shorter, longer, empty])
    for (const behave of [changed, changedUnannounced]) {
      const setting = await setUp(t);
      setting.server.on(blobs, behave(change));
      await t.rejects(download(setting), { code: "blob-size-mismatch", message: /should have 300000$/ });
      t.strictSame(blobRequests(setting), ["whole"], "it is not tried again");
    }
});

t.test("an empty blob with a content is refused", async (t) => {
  const setting = await setUp(t, 0);
  setting.server.on(
    blobs,
    changedUnannounced(() => Buffer.from("x")),
  );
  await t.rejects(download(setting), { code: "blob-size-mismatch" });
});

t.test("a connection that is cut is taken up where it ended", async (t) => {
  const setting = await setUp(t);
  setting.server.on(blobs, cutAfter(100_000), 2);
  t.ok((await download(setting)).equals(setting.blob.bytes));
  const ranges = blobRequests(setting);
  t.equal(ranges.length, 3);
  t.match(ranges[1], /^bytes=[1-9]\d*-$/);
});

t.test("a cut before the first byte or before the answer is taken up too", async (t) => {
  for (const behaviour of [cutAfter(0), hangUp(), status(503)]) {
    const setting = await setUp(t);
    setting.server.on(blobs, behaviour, 1);
    t.ok((await download(setting)).equals(setting.blob.bytes));
  }
});

t.test("a server that knows no ranges sends the whole again", async (t) => {
  const setting = await setUp(t);
  setting.server.on(blobs, whole(setting.blob.bytes));
  setting.server.on(blobs, cutAfter(100_000), 1);
  t.ok((await download(setting)).equals(setting.blob.bytes));
});

t.test("a server that sends another range is refused", async (t) => {
  const setting = await setUp(t);
  setting.server.on(blobs, withHeaders({ "content-range": "bytes 5-9/300000" }));
  setting.server.on(blobs, cutAfter(100_000), 1);
  await t.rejects(download(setting), { code: "registry-protocol" });
});

t.test("a connection that is always cut is given up", async (t) => {
  const setting = await setUp(t);
  setting.server.on(blobs, cutAfter(10));
  await t.rejects(download(setting), {
    code: "blob-interrupted",
    message: /broke off again and again, last at \d+ of 300000 bytes$/,
  });
  t.equal(blobRequests(setting).length, 5);
});

t.test("a connection that stands still is cut and taken up", async (t) => {
  const setting = await setUp(t);
  setting.server.on(blobs, stallAfter(100_000), 1);
  const registry = createTestRegistry(t, { timeouts: { connect: 5000, idle: 100 } });
  t.ok((await download({ ...setting, registry })).equals(setting.blob.bytes));
  t.equal(blobRequests(setting).length, 2);
});

t.test("a reader that is slow is no reason to cut", async (t) => {
  const setting = await setUp(t, 5_000_000);
  const registry = createTestRegistry(t, { timeouts: { connect: 5000, idle: 50 } });
  const stream = await registry.openBlob(setting.reference, setting.blob.descriptor, { signal });
  await new Promise((resolve) => setTimeout(resolve, 300));
  t.ok((await readAll(stream)).equals(setting.blob.bytes));
  t.strictSame(blobRequests(setting), ["whole"]);
});

t.test("a blob goes on from what the caller has", async (t) => {
  const setting = await setUp(t);
  const { bytes, descriptor } = setting.blob;
  const have = { offset: 1000, hash: createHash("sha256").update(bytes.subarray(0, 1000)) };
  const rest = await readAll(await setting.registry.openBlob(setting.reference, descriptor, { signal, have }));
  t.ok(rest.equals(bytes.subarray(1000)));
  t.strictSame(blobRequests(setting), ["bytes=1000-"]);
  const wrong = { offset: 1000, hash: createHash("sha256") };
  await t.rejects(setting.registry.openBlob(setting.reference, descriptor, { signal, have: wrong }).then(readAll), {
    code: "blob-digest-mismatch",
  });
});

t.test("an error while a blob is asked for is told before any stream", async (t) => {
  const setting = await setUp(t);
  for (const [behaviour, code] of [
    [status(404), "blob-not-found"],
    [status(403), "registry-denied"],
    [status(500), "registry-error"],
  ] as const) {
    setting.server.on(blobs, behaviour);
    await t.rejects(setting.registry.openBlob(setting.reference, setting.blob.descriptor, { signal }), { code });
  }
});

t.test("an aborted signal ends a download with its reason", async (t) => {
  const setting = await setUp(t);
  setting.server.on(blobs, stallAfter(1000));
  const abort = new AbortController();
  const stream = await setting.registry.openBlob(setting.reference, setting.blob.descriptor, { signal: abort.signal });
  stream.once("data", () => abort.abort(new Error("enough")));
  await t.rejects(readAll(stream), { message: "enough" });
});

t.test("a reader that goes away closes the connection", async (t) => {
  const setting = await setUp(t);
  const closed = new Promise<void>((resolve) => {
    setting.server.on(blobs, (exchange) => {
      exchange.response.once("close", resolve);
      return stallAfter(1000)(exchange);
    });
  });
  const registry = createTestRegistry(t, { timeouts: { connect: 5000, idle: 600_000 } });
  const stream = await registry.openBlob(setting.reference, setting.blob.descriptor, { signal });
  // By then the stream waits for a byte that never comes.
  stream.once("data", () => setTimeout(() => stream.destroy(), 100));
  await closed;
  t.pass("the server saw it");
});

t.test("a redirect to storage elsewhere is followed", async (t) => {
  const setting = await setUp(t);
  const storage = await startFaultServer(t);
  storage.on(/^\/storage/, whole(setting.blob.bytes));
  setting.server.on(blobs, redirectTo(`${storage.origin}/storage?signature=hunter2`));
  t.ok((await download(setting)).equals(setting.blob.bytes));
});
