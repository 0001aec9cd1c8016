import type { Descriptor } from "./descriptor.ts";
import type { ImageConfig, ImageLayer } from "./image.ts";
import { ociTypeOf } from "./media-type.ts";

/**
 * Pairs the blobs of a manifest with the diffIDs of its config, which `parseImageConfig` has found to be as many.
 * Docker's media types become their OCI twins: the bytes are the same.
 */
export function imageLayers(blobs: readonly Descriptor[], { rootfs }: ImageConfig): readonly ImageLayer[] {
  return rootfs.diff_ids.flatMap((diffId, index) => {
    const blob = blobs[index];
    return blob === undefined ? [] : [{ diffId, blob: { ...blob, mediaType: ociTypeOf(blob.mediaType) } }];
  });
}
