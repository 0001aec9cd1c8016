import t from "tap";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { serialiseManifest } from "../../src/oci/manifest.ts";
import { manifestType } from "../../src/oci/media-type.ts";
import { parseReference } from "../../src/oci/reference.ts";
import {
  changed,
  cutAfter,
  endless,
  hangUp,
  redirectTo,
  silence,
  status,
  webPage,
  withHeaders,
} from "../support/registry/behaviour.ts";
import { amd64, createTestRegistry } from "../support/registry/client.ts";
import { startFaultServer } from "../support/registry/fault-server.ts";
import { blobOf, makeImage, makeIndex } from "../support/registry/image.ts";

const manifests = /\/manifests\//;
const image = await makeImage();

const answers: readonly (readonly [
  string,
  ReturnType<typeof status>,
  { code: string; message?: RegExp; hint?: RegExp },
])[] = [
  ["403", status(403), { code: "registry-denied", message: /denies 127\.0\.0\.1:\d+\/app:1$/ }],
  ["404", status(404), { code: "image-not-found", message: /has no image 127\.0\.0\.1:\d+\/app:1$/ }],
  ["404 with a web page", webPage(404), { code: "image-not-found", hint: /web page/ }],
  ["400", status(400), { code: "registry-protocol", message: /status 400/ }],
  ["418", status(418), { code: "registry-protocol", message: /status 418/ }],
  ["429", status(429), { code: "registry-rate-limited", hint: /wait and try again/ }],
  ["429 for long", status(429, { "retry-after": "3600" }), { code: "registry-rate-limited", hint: /wait 3600 s/ }],
  ["500", status(500), { code: "registry-error", message: /status 500/ }],
  ["503", status(503), { code: "registry-error", message: /status 503/ }],
  ["304", status(304), { code: "registry-protocol", message: /status 304/ }],
  ["a web page", webPage(), { code: "registry-not-a-registry" }],
  ["an untyped web page", changed(() => Buffer.from("\n <html>")), { code: "registry-not-a-registry" }],
  ["no JSON", status(200, {}, "hello"), { code: "manifest-invalid", message: /not JSON/ }],
  ["nothing", status(200, {}, ""), { code: "manifest-invalid" }],
  [
    "another manifest than the digest header says",
    withHeaders({ "docker-content-digest": `sha256:${"0".repeat(64)}` }),
    { code: "manifest-digest-mismatch" },
  ],
  [
    "a digest header that is none",
    withHeaders({ "docker-content-digest": "../../etc" }),
    { code: "manifest-digest-mismatch" },
  ],
  [
    "a type that is not the document's",
    withHeaders({ "content-type": "application/vnd.oci.image.index.v1+json" }),
    { code: "manifest-invalid" },
  ],
  [
    "schema 1",
    status(200, { "content-type": "application/vnd.docker.distribution.manifest.v1+prettyjws" }, '{"schemaVersion":1}'),
    { code: "manifest-schema1" },
  ],
  ["a connection that is cut", hangUp(), { code: "registry-unreachable", message: /the connection was cut/ }],
  [
    "a connection that is cut in the manifest",
    cutAfter(10),
    { code: "registry-unreachable", message: /the connection was cut/ },
  ],
  ["a redirect in a circle", redirectTo((path) => path), { code: "registry-protocol", message: /more than 10 times/ }],
  ["a redirect to a file", redirectTo("file:///etc/passwd"), { code: "registry-protocol", message: /file: URL/ }],
  ["a redirect to nowhere", redirectTo("http://[bad"), { code: "registry-protocol", message: /not a URL/ }],
  [
    "a redirect to plain http elsewhere",
    redirectTo("http://registry.example/v2/"),
    { code: "registry-insecure", message: /registry\.example/ },
  ],
];

for (const [title, behaviour, expected] of answers)
  t.test(`${title}: the error says what the registry did`, async (t) => {
    const server = await startFaultServer(t);
    server.add("app", "1", image);
    server.on(manifests, behaviour);
    await t.rejects(createTestRegistry(t).resolve(parseReference(`${server.host}/app:1`), amd64), expected);
  });

t.test("what passes is waited for", async (t) => {
  for (const behaviour of [
    status(500),
    status(503, { "retry-after": "0" }),
    status(429, { "retry-after": "1" }),
    hangUp(),
  ]) {
    const server = await startFaultServer(t);
    server.add("app", "1", image);
    server.on(manifests, behaviour, 1);
    const { image: resolved } = await createTestRegistry(t).resolve(parseReference(`${server.host}/app:1`), amd64);
    t.equal(resolved.manifestDigest, image.top.descriptor.digest);
  }
});

t.test("a registry that is tried in vain is tried four times", async (t) => {
  const server = await startFaultServer(t);
  server.on(manifests, status(500));
  await t.rejects(createTestRegistry(t).resolve(parseReference(`${server.host}/app:1`), amd64), {
    code: "registry-error",
  });
  t.equal(server.requests.filter(({ path }) => manifests.test(path)).length, 4);
});

t.test("a registry that is down is named", async (t) => {
  const registry = createTestRegistry(t);
  await t.rejects(registry.resolve(parseReference("127.0.0.1:1/app"), amd64), {
    code: "registry-unreachable",
    message: "cannot reach 127.0.0.1:1: connection refused",
  });
  await t.rejects(registry.resolve(parseReference("nobody.invalid/app"), amd64), {
    code: "registry-unreachable",
    message: /^cannot reach nobody\.invalid: /,
  });
});

t.test("a registry that does not answer is given up", async (t) => {
  const server = await startFaultServer(t);
  server.on(manifests, silence());
  const registry = createTestRegistry(t, { timeouts: { connect: 5000, idle: 50 } });
  await t.rejects(registry.resolve(parseReference(`${server.host}/app:1`), amd64), {
    code: "registry-unreachable",
    message: /no answer within 0\.05 s/,
  });
});

t.test("an aborted signal ends what is under way with its reason", async (t) => {
  const server = await startFaultServer(t);
  const abort = new AbortController();
  server.on(manifests, () => abort.abort(new Error("enough")));
  await t.rejects(
    createTestRegistry(t, { signal: abort.signal }).resolve(parseReference(`${server.host}/app:1`), amd64),
    {
      message: "enough",
    },
  );
});

const hundredMegabytes = 100_000_000;

t.test("a manifest of 100 MB is refused without reading it", async (t) => {
  for (const announced of [true, false]) {
    const server = await startFaultServer(t);
    server.add("app", "1", image);
    let sent = 0;
    server.on(manifests, endless(hundredMegabytes, { announced, sent: (bytes) => (sent = bytes) }));
    await t.rejects(createTestRegistry(t).resolve(parseReference(`${server.host}/app:1`), amd64), {
      code: "manifest-too-large",
    });
    t.ok(sent < hundredMegabytes / 3, `${sent} bytes went out`);
  }
});

t.test("a manifest with another content than its digest is refused", async (t) => {
  const server = await startFaultServer(t);
  server.add("app", "1", image);
  server.on(
    manifests,
    changed((body) => Buffer.concat([body, Buffer.from("\n")])),
  );
  await t.rejects(
    createTestRegistry(t).resolve(parseReference(`${server.host}/app@${image.top.descriptor.digest}`), amd64),
    {
      code: "manifest-digest-mismatch",
    },
  );
});

t.test("what an index says of a manifest must be so", async (t) => {
  const server = await startFaultServer(t);
  const index = makeIndex([image], ["linux/amd64"]);
  const wrongSize: Descriptor = { ...image.top.descriptor, size: image.top.bytes.length + 1, platform: amd64 };
  const wrongType: Descriptor = {
    ...image.top.descriptor,
    mediaType: "application/vnd.docker.distribution.manifest.v2+json",
    platform: amd64,
  };
  for (const [tag, entry] of [
    ["size", wrongSize],
    ["type", wrongType],
  ] as const) {
    const top = blobOf(
      serialiseManifest({ kind: "index", mediaType: index.top.descriptor.mediaType, manifests: [entry] }),
      index.top.descriptor.mediaType,
    );
    server.add("app", tag, { ...index, top });
    await t.rejects(
      createTestRegistry(t).resolve(parseReference(`${server.host}/app:${tag}`), amd64),
      { code: "manifest-invalid" },
      tag,
    );
  }
  const huge = blobOf(
    serialiseManifest({
      kind: "index",
      mediaType: index.top.descriptor.mediaType,
      manifests: [{ ...wrongSize, size: 5_000_000 }],
    }),
    index.top.descriptor.mediaType,
  );
  server.add("app", "huge", { ...index, top: huge });
  await t.rejects(createTestRegistry(t).resolve(parseReference(`${server.host}/app:huge`), amd64), {
    code: "manifest-too-large",
  });
});

t.test("a manifest that an index names and the registry lacks is named", async (t) => {
  const server = await startFaultServer(t);
  server.add("app", "1", { ...makeIndex([image], ["linux/amd64"]), manifests: [] });
  await t.rejects(createTestRegistry(t).resolve(parseReference(`${server.host}/app:1`), amd64), {
    code: "image-not-found",
    message: new RegExp(`its manifest ${image.top.descriptor.digest} is missing`),
  });
});

t.test("indexes in indexes are followed, but not for ever", async (t) => {
  const server = await startFaultServer(t);
  let nested = makeIndex([image], ["linux/amd64"]);
  server.add("app", "1", (nested = makeIndex([nested], ["linux/amd64"])));
  server.add("app", "2", makeIndex([makeIndex([nested], ["linux/amd64"])], ["linux/amd64"]));
  const registry = createTestRegistry(t);
  t.equal(
    (await registry.resolve(parseReference(`${server.host}/app:1`), amd64)).image.manifestDigest,
    image.top.descriptor.digest,
  );
  await t.rejects(registry.resolve(parseReference(`${server.host}/app:2`), amd64), {
    code: "manifest-invalid",
    message: /3 deep/,
  });
});

t.test("a config that does not fit its manifest is refused", async (t) => {
  const server = await startFaultServer(t);
  const [config] = image.blobs;
  if (config === undefined) throw new TypeError("no config");
  const withoutLayers = serialiseManifest({
    kind: "manifest",
    mediaType: manifestType,
    config: config.descriptor,
    layers: [],
  });
  server.add("app", "layers", { ...image, top: blobOf(withoutLayers, manifestType) });
  const tooLarge = serialiseManifest({
    kind: "manifest",
    mediaType: manifestType,
    config: { ...config.descriptor, size: 9_000_000 },
    layers: [],
  });
  server.add("app", "large", { ...image, top: blobOf(tooLarge, manifestType) });
  const registry = createTestRegistry(t);
  await t.rejects(registry.resolve(parseReference(`${server.host}/app:layers`), amd64), {
    code: "config-invalid",
    message: /1 entries, but the manifest has 0 layers/,
  });
  await t.rejects(registry.resolve(parseReference(`${server.host}/app:large`), amd64), { code: "config-too-large" });
  server.add("app", "1", image);
  server.on(
    /\/blobs\//,
    changed((body) => body.fill("x")),
  );
  await t.rejects(registry.resolve(parseReference(`${server.host}/app:1`), amd64), { code: "blob-digest-mismatch" });
});
