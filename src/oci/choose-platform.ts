import { OciBuildError } from "../errors.ts";
import type { Descriptor } from "./descriptor.ts";
import type { Index } from "./manifest.ts";
import { isIndexType, isManifestType } from "./media-type.ts";
import { distanceOf, formatPlatform, type Platform } from "./platform.ts";

/**
 * The entry of an index to take for `wanted`: the nearest variant, the first of equals. Entries that are not images
 * (attestations stand under `unknown/unknown`) do not count; one without a platform is taken only when it stands alone.
 * @param name of the index, for the error
 * @throws OciBuildError `platform-not-found`, listing what there is
 */
export function choosePlatform(index: Index, wanted: Platform, name: string): Descriptor {
  const images = index.manifests.filter(isImage);
  const [only] = images;
  if (images.length === 1 && only !== undefined && only.platform === undefined) return only;
  const ranked = images.flatMap((entry) => {
    const distance = entry.platform && distanceOf(entry.platform, wanted);
    return distance === undefined ? [] : [{ entry, distance }];
  });
  const [best] = ranked.sort((a, b) => a.distance - b.distance);
  if (best !== undefined) return best.entry;
  throw new OciBuildError("platform-not-found", `${name} has no image for ${formatPlatform(wanted)}`, {
    hint: `it has ${listOf(images)}`,
  });
}

function isImage(entry: Descriptor): boolean {
  if (entry.platform?.os === "unknown" || entry.platform?.architecture === "unknown") return false;
  return isManifestType(entry.mediaType) || isIndexType(entry.mediaType);
}

function listOf(images: readonly Descriptor[]): string {
  const names = new Set(
    images.flatMap((entry) => (entry.platform === undefined ? [] : [formatPlatform(entry.platform)])),
  );
  return names.size === 0 ? "no images at all" : [...names].join(", ");
}
