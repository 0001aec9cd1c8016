import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { pack, type Header } from "tar-stream";
import type { Descriptor } from "../../../src/oci/descriptor.ts";
import { parseDiffId, type Digest } from "../../../src/oci/digest.ts";
import type { ContainerConfig, ImageConfig } from "../../../src/oci/image.ts";
import { serialiseManifest } from "../../../src/oci/manifest.ts";
import {
  configType,
  dockerConfigType,
  dockerIndexType,
  dockerManifestType,
  indexType,
  layerTypeOf,
  manifestType,
} from "../../../src/oci/media-type.ts";
import { parsePlatform } from "../../../src/oci/platform.ts";

/** A file's content, or a tar header with an optional content. */
export type LayerEntry = string | Uint8Array | (Partial<Header> & { readonly content?: string | Uint8Array });
/** Path in the layer (a directory ends in `/`) to entry. */
export type LayerFiles = Readonly<Record<string, LayerEntry>>;

export interface TestImageOptions {
  readonly layers?: readonly LayerFiles[];
  readonly config?: ContainerConfig;
  /** Default: `linux/amd64`. */
  readonly platform?: string;
  /** Whose media types; default: OCI's. */
  readonly types?: "oci" | "docker";
  /** Default: gzip. */
  readonly compression?: "gzip" | "none";
}

/** A document or blob that can be put into a registry. */
export interface TestBlob {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** An image, or an index with its images, in memory. */
export interface TestImage {
  /** The manifest or index that a tag points to. */
  readonly top: TestBlob;
  /** Manifests that an index names. */
  readonly manifests: readonly TestBlob[];
  /** Configs and layers. */
  readonly blobs: readonly TestBlob[];
}

/** Makes an image of one platform; without layers it has one with a single small file. */
export async function makeImage(options: TestImageOptions = {}): Promise<TestImage> {
  const { types = "oci", compression = "gzip", layers = [{ "etc/motd": "hello\n" }] } = options;
  const tars = await Promise.all(layers.map(makeTar));
  const layerBlobs = tars.map((tar) =>
    blobOf(compression === "gzip" ? gzipSync(tar) : tar, layerType(types, compression)),
  );
  const { os, architecture, variant } = parsePlatform(options.platform ?? "linux/amd64");
  const config: ImageConfig = {
    architecture,
    os,
    ...(variant !== undefined && { variant }),
    config: options.config ?? {},
    rootfs: { type: "layers", diff_ids: tars.map((tar) => parseDiffId(sha256(tar))) },
  };
  const configBlob = blobOf(JSON.stringify(config), types === "oci" ? configType : dockerConfigType);
  const mediaType = types === "oci" ? manifestType : dockerManifestType;
  const manifest = serialiseManifest({
    kind: "manifest",
    mediaType,
    config: configBlob.descriptor,
    layers: layerBlobs.map((blob) => blob.descriptor),
  });
  return { top: blobOf(manifest, mediaType), manifests: [], blobs: [configBlob, ...layerBlobs] };
}

/** Puts images under one index; `platforms` are what the index says of each. */
export function makeIndex(
  images: readonly TestImage[],
  platforms: readonly string[],
  types: "oci" | "docker" = "oci",
): TestImage {
  const mediaType = types === "oci" ? indexType : dockerIndexType;
  const manifests = images.map((image, i): Descriptor => {
    const platform = platforms[i];
    return {
      ...image.top.descriptor,
      ...(platform !== undefined && {
        platform: platform === "unknown/unknown" ? { os: "unknown", architecture: "unknown" } : parsePlatform(platform),
      }),
    };
  });
  return {
    top: blobOf(serialiseManifest({ kind: "index", mediaType, manifests }), mediaType),
    manifests: images.flatMap((image) => [image.top, ...image.manifests]),
    blobs: images.flatMap((image) => image.blobs),
  };
}

export function blobOf(content: string | Uint8Array, mediaType: string): TestBlob {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  return { bytes, descriptor: { mediaType, digest: sha256(bytes) as Digest, size: bytes.length } };
}

/** The tar of a layer, with fixed times. */
export async function makeTar(files: LayerFiles): Promise<Buffer> {
  const tar = pack();
  for (const [name, entry] of Object.entries(files)) {
    const isContent = typeof entry === "string" || entry instanceof Uint8Array;
    const { content = "", ...header } = isContent ? { content: entry } : entry;
    const type = name.endsWith("/") ? "directory" : "file";
    tar.entry(
      { mtime: new Date(0), type, mode: type === "directory" ? 0o755 : 0o644, ...header, name },
      Buffer.from(content),
    );
  }
  tar.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

function layerType(types: "oci" | "docker", compression: "gzip" | "none"): string {
  if (types === "oci") return layerTypeOf(compression);
  return compression === "gzip"
    ? "application/vnd.docker.image.rootfs.diff.tar.gzip"
    : "application/vnd.docker.image.rootfs.diff.tar";
}

function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
