import { OciBuildError } from "../errors.ts";
import { parseImageConfig } from "../oci/config.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import type { ImageConfig } from "../oci/image.ts";
import { parseManifest } from "../oci/manifest.ts";
import { readDocument } from "./blobs.ts";
import type { StorePaths } from "./paths.ts";

/** What the store knows of an image without looking at its layers. */
export interface ImageDocuments {
  readonly config: Descriptor;
  readonly configDocument: ImageConfig;
  /** Bottom first. */
  readonly layers: readonly Descriptor[];
}

/** Reads an image's manifest and config from the store. @throws OciBuildError when one is missing, damaged or something else */
export async function readImageDocuments(paths: StorePaths, manifestDigest: Digest): Promise<ImageDocuments> {
  const manifest = parseManifest(await readDocument(paths, manifestDigest), { name: `blob ${manifestDigest}` });
  if (manifest.kind === "index")
    throw new OciBuildError("manifest-invalid", `blob ${manifestDigest} is an index, not a manifest`);
  const { config, layers } = manifest;
  return {
    config,
    layers,
    configDocument: parseImageConfig(await readDocument(paths, config.digest), {
      layers: layers.length,
      name: `blob ${config.digest}`,
    }),
  };
}
