import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import t from "tap";
import { parseReference } from "../../src/oci/reference.ts";
import type { Registry } from "../../src/registry/registry.ts";
import { createTestRegistry, readAll } from "../support/registry/client.ts";
import { startDockerRegistry } from "../support/registry/docker-registry.ts";
import { startFaultProxy, type Fault } from "../support/registry/fault-proxy.ts";
import { makeImage, type TestImage } from "../support/registry/image.ts";

/** How many images are pushed; OCI_BUILD_TEST_PUSH_FAULTS=500 for a long run. */
const rounds = Number(process.env["OCI_BUILD_TEST_PUSH_FAULTS"] ?? 12);

async function pushTestImage(registry: Registry, name: string, { blobs, top }: TestImage): Promise<void> {
  const reference = parseReference(name);
  for (const { descriptor, bytes } of blobs)
    await registry.pushBlob(reference, descriptor, {
      open: ({ start, end }) => Readable.from(pieces(bytes.subarray(start, end))),
    });
  await registry.pushManifest(reference, { bytes: top.bytes, mediaType: top.descriptor.mediaType });
}

function* pieces(bytes: Uint8Array): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65536) yield Buffer.from(bytes.subarray(at, at + 65536));
}

t.test("pushes through a line that fails at random end right or with an error", async (t) => {
  const { host: behind } = await startDockerRegistry(t);
  let seed = 1;
  const random = (): number => (seed = (seed * 48271) % 0x7fffffff) / 0x7fffffff;
  const proxy = await startFaultProxy(t, behind, (): Fault => {
    if (random() < 0.75) return { kind: "none" };
    const kinds: readonly Fault[] = [
      { kind: "cut-request", after: Math.floor(random() * 2_000_000) },
      { kind: "lose-answer" },
      { kind: "status", status: 503 },
      { kind: "status", status: 429 },
    ];
    return kinds[Math.floor(random() * kinds.length)] ?? { kind: "none" };
  });
  const registry = createTestRegistry(t);
  const honest = createTestRegistry(t);
  const { signal } = new AbortController();
  let right = 0;
  for (let round = 0; round < rounds; round++) {
    const size = round % 3 === 0 ? 2_000_000 : 100_000;
    const image = await makeImage({ layers: [{ [`f${round}`]: randomBytes(size) }] });
    const error = await pushTestImage(registry, `${proxy.host}/app:${round}`, image).then(
      () => undefined,
      (thrown: Error & { code?: string }) => thrown,
    );
    if (error !== undefined) {
      t.match(error.code, /^(registry|upload)-/, error.message);
      continue;
    }
    right++;
    for (const { descriptor, bytes } of image.blobs) {
      const stored = await readAll(await honest.openBlob(parseReference(`${behind}/app`), descriptor, { signal }));
      if (!stored.equals(Buffer.from(bytes))) t.fail(`another blob than ${descriptor.digest} was stored`);
    }
  }
  t.ok(right > rounds / 2, `${right} of ${rounds} ended right`);
});
