import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import type { ImageConfig } from "../oci/image.ts";

/** An image of the store, read from its index.json, manifest and config. */
export interface StoredImage {
  readonly manifest: Descriptor;
  readonly config: Descriptor;
  readonly configDocument: ImageConfig;
  /** Bottom first. */
  readonly layers: readonly Descriptor[];
  /** Normalised names that point to it, e.g. `docker.io/library/app:latest`; none for an image without a tag. */
  readonly names: readonly string[];
  /** Bytes of manifest, config and layers as stored. */
  readonly size: number;
}

/** What the image commands need of a store; opened with `openImages(root)`. */
export interface Images {
  list(): Promise<readonly StoredImage[]>;
  /** Finds an image by name, full digest, or an unambiguous start (at least 4 digits) of its manifest or config digest. @throws OciBuildError `image-unknown`, `image-ambiguous` */
  find(reference: string): Promise<StoredImage>;
  /** Points `name` (as the user wrote it) to the image; a name in use moves. */
  tag(reference: string, name: string): Promise<void>;
  /** Takes a name away, or with a digest the image and all its names. Layers stay for the build cache. */
  remove(reference: string): Promise<{ readonly untagged: readonly string[]; readonly deleted: Digest | undefined }>;
  close(): Promise<void>;
}

export function openImages(_root: string): Promise<Images> {
  return Promise.reject(new TypeError("not built yet"));
}
