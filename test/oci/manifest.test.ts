import t from "tap";
import { parseManifest, serialiseManifest } from "../../src/oci/manifest.ts";
import { dockerIndexType, dockerManifestType, indexType, manifestType } from "../../src/oci/media-type.ts";

const digest = `sha256:${"a".repeat(64)}`;
const config = { mediaType: "application/vnd.oci.image.config.v1+json", digest, size: 10 };
const layer = { mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", digest, size: 20 };
const manifest = { schemaVersion: 2, mediaType: manifestType, config, layers: [layer] };
const index = {
  schemaVersion: 2,
  mediaType: indexType,
  manifests: [
    { mediaType: manifestType, digest, size: 30, platform: { os: "linux", architecture: "arm", variant: "v7" } },
  ],
};

function bytes(document: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(document));
}

t.test("a manifest and an index are told apart by what they hold", (t) => {
  t.strictSame(parseManifest(bytes(manifest)), { kind: "manifest", mediaType: manifestType, config, layers: [layer] });
  t.strictSame(parseManifest(bytes(index)), { kind: "index", mediaType: indexType, manifests: index.manifests });
  t.end();
});

t.test("OCI documents need not state their type; then what was announced counts", (t) => {
  const { mediaType: _, ...bare } = manifest;
  t.equal(parseManifest(bytes(bare)).mediaType, manifestType);
  t.equal(parseManifest(bytes(bare), { mediaType: dockerManifestType }).mediaType, dockerManifestType);
  t.equal(parseManifest(bytes(bare), { mediaType: manifestType }).mediaType, manifestType);
  t.equal(parseManifest(bytes(bare), { mediaType: "application/json" }).mediaType, manifestType);
  t.end();
});

t.test("urls and annotations of a descriptor are kept, unknown fields are not", (t) => {
  const foreign = { ...layer, urls: ["https://elsewhere.example/x"], annotations: { a: "b" } };
  const found = parseManifest(bytes({ ...manifest, layers: [{ ...foreign, data: "x" }] }));
  t.strictSame(found.kind === "manifest" && found.layers, [foreign]);
  t.end();
});

t.test("null counts as missing", (t) => {
  t.strictSame(parseManifest(bytes({ ...manifest, annotations: null, mediaType: null })), {
    kind: "manifest",
    mediaType: manifestType,
    config,
    layers: [layer],
  });
  t.end();
});

const refused: readonly (readonly [string, unknown, string?])[] = [
  ["both a manifest and an index (CVE-2021-41190)", { ...manifest, ...index }],
  ["an index with layers", { ...index, layers: [] }],
  ["an index that calls itself a manifest", { ...index, mediaType: manifestType }],
  ["a manifest that calls itself an index", { ...manifest, mediaType: indexType }],
  ["a manifest announced as an index", manifest, indexType],
  ["a manifest announced as docker's", manifest, dockerManifestType],
  ["neither", { schemaVersion: 2 }],
  ["an unknown type", { ...manifest, mediaType: "text/plain" }],
  ["another schema", { ...manifest, schemaVersion: 3 }],
  ["no schema", { ...manifest, schemaVersion: undefined }],
  ["an array", []],
  ["null", null],
  ["a string", "manifest"],
  ["layers that are no list", { ...manifest, layers: {} }],
  ["no config", { ...manifest, config: undefined }],
  ["a path as digest (CVE-2024-3727)", { ...manifest, layers: [{ ...layer, digest: "sha256:../../etc/passwd" }] }],
  ["an upper-case digest", { ...manifest, layers: [{ ...layer, digest: digest.toUpperCase() }] }],
  ["a short digest", { ...manifest, config: { ...config, digest: "sha256:abc" } }],
  ["a negative size", { ...manifest, layers: [{ ...layer, size: -1 }] }],
  ["a broken size", { ...manifest, layers: [{ ...layer, size: 1.5 }] }],
  ["a size beyond what is exact", { ...manifest, layers: [{ ...layer, size: 2 ** 60 }] }],
  ["a size as text", { ...manifest, layers: [{ ...layer, size: "20" }] }],
  ["urls that are no list", { ...manifest, layers: [{ ...layer, urls: "https://x.example" }] }],
  ["annotations with numbers", { ...manifest, annotations: { a: 1 } }],
  ["a platform without architecture", { ...index, manifests: [{ ...index.manifests[0], platform: { os: "linux" } }] }],
];

t.test("what is not one well-formed document is refused", (t) => {
  for (const [title, document, mediaType] of refused)
    t.throws(
      () => parseManifest(bytes(document), { mediaType, name: "the manifest of debian" }),
      { code: "manifest-invalid", message: /^the manifest of debian is not valid: / },
      title,
    );
  t.throws(() => parseManifest(Buffer.from("{")), {
    code: "manifest-invalid",
    message: "the manifest is not valid: it is not JSON",
  });
  t.throws(() => parseManifest(Buffer.from([0x22, 0xff, 0x22])), { code: "manifest-invalid" });
  t.end();
});

t.test("schema 1 is named", (t) => {
  const schema1 = { schemaVersion: 1, name: "library/debian", tag: "latest", fsLayers: [], history: [] };
  t.throws(() => parseManifest(bytes(schema1)), { code: "manifest-schema1", hint: /push the image again/ });
  t.throws(
    () => parseManifest(bytes(schema1), { mediaType: "application/vnd.docker.distribution.manifest.v1+prettyjws" }),
    {
      code: "manifest-schema1",
    },
  );
  t.end();
});

t.test("what is written has BuildKit's form, and is read back the same", (t) => {
  const written = serialiseManifest({
    kind: "manifest",
    mediaType: manifestType,
    config: { ...config, digest: parsed().config.digest },
    layers: parsed().layers,
    annotations: { b: "2", a: "1" },
  });
  t.equal(
    written,
    `{
  "schemaVersion": 2,
  "mediaType": "application/vnd.oci.image.manifest.v1+json",
  "config": {
    "mediaType": "application/vnd.oci.image.config.v1+json",
    "digest": "${digest}",
    "size": 10
  },
  "layers": [
    {
      "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
      "digest": "${digest}",
      "size": 20
    }
  ],
  "annotations": {
    "a": "1",
    "b": "2"
  }
}`,
  );
  for (const document of [
    parseManifest(bytes(manifest)),
    parseManifest(bytes(index)),
    parseManifest(bytes({ ...index, mediaType: dockerIndexType })),
  ])
    t.strictSame(parseManifest(Buffer.from(serialiseManifest(document))), document);
  t.end();
});

function parsed(): Extract<ReturnType<typeof parseManifest>, { kind: "manifest" }> {
  const document = parseManifest(bytes(manifest));
  if (document.kind !== "manifest") throw new TypeError("not a manifest");
  return document;
}
