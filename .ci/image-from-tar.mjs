// Makes an OCI layout that holds one image of one layer: node .ci/image-from-tar.mjs ROOTFS.tar DIRECTORY [TAG]
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";

const [tar, directory, tag = "latest"] = process.argv.slice(2);
const blobs = `${directory}/blobs/sha256`;
mkdirSync(blobs, { recursive: true });

const plain = hasher();
const compressed = hasher();
await pipeline(createReadStream(tar), plain.pass, createGzip(), compressed.pass, createWriteStream(`${blobs}/new`));
const layer = {
  mediaType: "application/vnd.oci.image.layer.v1.tar+gzip",
  digest: compressed.digest(),
  size: compressed.size(),
};
renameSync(`${blobs}/new`, `${blobs}/${layer.digest.slice(7)}`);

const created = "1970-01-01T00:00:00Z";
const config = writeBlob("application/vnd.oci.image.config.v1+json", {
  created,
  architecture: { x64: "amd64", arm64: "arm64" }[process.arch] ?? process.arch,
  os: "linux",
  config: { Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], Cmd: ["/bin/sh"] },
  rootfs: { type: "layers", diff_ids: [plain.digest()] },
  history: [{ created, created_by: "rootfs" }],
});
const manifest = writeBlob("application/vnd.oci.image.manifest.v1+json", {
  schemaVersion: 2,
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  config,
  layers: [layer],
});
const entry = { ...manifest, annotations: { "org.opencontainers.image.ref.name": tag } };
writeFileSync(`${directory}/index.json`, JSON.stringify({ schemaVersion: 2, manifests: [entry] }));
writeFileSync(`${directory}/oci-layout`, '{"imageLayoutVersion":"1.0.0"}');

function writeBlob(mediaType, document) {
  const bytes = Buffer.from(JSON.stringify(document));
  const digest = createHash("sha256").update(bytes).digest("hex");
  writeFileSync(`${blobs}/${digest}`, bytes);
  return { mediaType, digest: `sha256:${digest}`, size: bytes.length };
}

/** Hashes and counts what passes through. */
function hasher() {
  const hash = createHash("sha256");
  let bytes = 0;
  let digest;
  return {
    async *pass(chunks) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        bytes += chunk.length;
        yield chunk;
      }
    },
    digest: () => (digest ??= `sha256:${hash.digest("hex")}`),
    size: () => bytes,
  };
}
