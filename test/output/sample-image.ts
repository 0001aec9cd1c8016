import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { hexOf } from "../../src/oci/digest.ts";
import { digestOf } from "../../src/oci/hash.ts";
import type { BlobFiles, OutputImage } from "../../src/output/output-image.ts";

export interface Sample {
  readonly image: OutputImage;
  readonly blobs: BlobFiles;
}

/** A store-like folder below `directory` with an image of two layers, each with one small file; `text` makes it differ. */
export async function sampleImage(directory: string, text: string, names: readonly string[]): Promise<Sample> {
  const folder = join(directory, "blobs/sha256");
  mkdirSync(folder, { recursive: true });
  const save = (mediaType: string, bytes: string | Uint8Array): Descriptor => {
    const digest = digestOf(bytes);
    writeFileSync(join(folder, hexOf(digest)), bytes);
    return { mediaType, digest, size: Buffer.byteLength(bytes) };
  };

  const tars = [await tarOf("first.txt", "the same in all samples"), await tarOf("second.txt", text)];
  const layers = tars.map((tar) => save("application/vnd.oci.image.layer.v1.tar+gzip", gzipSync(tar)));
  const config = save(
    "application/vnd.oci.image.config.v1+json",
    JSON.stringify({
      created: "1970-01-01T00:00:00Z",
      architecture: "amd64",
      os: "linux",
      config: { Cmd: ["/bin/true"], Env: ["PATH=/bin"] },
      rootfs: { type: "layers", diff_ids: tars.map((tar) => digestOf(tar)) },
      history: tars.map(() => ({ created: "1970-01-01T00:00:00Z", created_by: "test" })),
    }),
  );
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const manifest = save(mediaType, JSON.stringify({ schemaVersion: 2, mediaType, config, layers }));
  return { image: { manifest, config, layers, names }, blobs: { path: (digest) => join(folder, hexOf(digest)) } };
}

async function tarOf(name: string, text: string): Promise<Buffer> {
  const tar = pack();
  tar.entry({ name, mtime: new Date(0) }, text);
  tar.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}
