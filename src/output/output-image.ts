import type { Descriptor } from "../oci/descriptor.ts";
import { hexOf, type Digest } from "../oci/digest.ts";

/** An image that is to be written somewhere. */
export interface OutputImage {
  readonly manifest: Descriptor;
  readonly config: Descriptor;
  /** Bottom first. */
  readonly layers: readonly Descriptor[];
  /** Normalised names with tag. */
  readonly names: readonly string[];
}

/** Where the bytes are. */
export interface BlobFiles {
  /** The complete file of a blob. */
  path(digest: Digest): string;
}

/** Manifest, config and layers, each once, in the order of their digests. */
export function blobsOf({ manifest, config, layers }: OutputImage): readonly Descriptor[] {
  const byDigest = new Map([manifest, config, ...layers].map((blob) => [blob.digest, blob]));
  return Array.from(byDigest.values()).toSorted((a, b) => (a.digest < b.digest ? -1 : 1));
}

/** Where a blob lies in an image layout. */
export function blobName(digest: Digest): string {
  return `blobs/sha256/${hexOf(digest)}`;
}
