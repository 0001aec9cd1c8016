import { OciBuildError } from "../errors.ts";
import { parseImageConfig } from "../oci/config.ts";
import type { Digest } from "../oci/digest.ts";
import type { ResolvedImage } from "../oci/image.ts";
import { parseManifest } from "../oci/manifest.ts";
import type { Platform } from "../oci/platform.ts";
import { formatReference, parseReference } from "../oci/reference.ts";
import { putDocument, readDocument } from "../store/blobs.ts";
import { findByName } from "../store/index-file.ts";
import { findReference, rememberReference } from "../store/references.ts";
import type { StorePaths } from "../store/paths.ts";
import type { Engine } from "./engine.ts";

export interface Resolving {
  readonly platform: Platform;
  /** Ask the registry although the store knows the name. */
  readonly pull: boolean;
}

/**
 * Finds the image that a name stands for: built here, else known from an earlier pull, else in its registry. Its
 * manifest and config are in the store afterwards; its layers come when they are needed.
 */
export async function resolveImage(engine: Engine, name: string, { platform, pull }: Resolving): Promise<ResolvedImage> {
  const { paths } = engine.store;
  const reference = parseReference(name);
  const normalised = formatReference(reference);
  const known = pull ? undefined : ((await findByName(paths, normalised)) ?? (await findReference(paths, normalised, platform)));
  const image = (known === undefined ? undefined : await readImage(paths, normalised, known)) ?? (await ask());
  engine.supply.offer(image);
  return image;

  async function ask(): Promise<ResolvedImage> {
    const found = await engine.registry.resolve(reference, platform);
    await putDocument(paths, found.documents.manifest);
    await putDocument(paths, found.documents.config);
    await rememberReference(paths, normalised, { platform, manifest: found.image.manifestDigest });
    return found.image;
  }
}

/** Reads an image from the store; undefined when one of its documents is gone or does not belong together. */
async function readImage(paths: StorePaths, name: string, manifestDigest: Digest): Promise<ResolvedImage | undefined> {
  try {
    const manifest = parseManifest(await readDocument(paths, manifestDigest));
  } catch (error) {
    if (error instanceof OciBuildError) return undefined;
    throw error;
  }
}
