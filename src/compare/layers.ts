import { OciBuildError } from "../errors.ts";
import { layerLimits } from "../helper/layer-limits.ts";
import type { LayerBlob } from "../helper/messages.ts";
import type { HelperSession } from "../helper/session.ts";
import type { ImageLayer } from "../oci/image.ts";
import { compressionOf } from "../oci/media-type.ts";
import type { Difference } from "./difference.ts";
import type { Subject } from "./subject.ts";

export interface LayerContrast {
  /** The first of them, in the order of their paths. */
  readonly differences: readonly Difference[];
  /** How many there are in all. */
  readonly count: number;
}

interface Side {
  readonly subject: Subject;
  readonly layer: ImageLayer;
}

export interface LayerPair {
  /** Counted from 1. */
  readonly number: number;
  readonly before: Side;
  readonly after: Side;
}

/** Reads two layers that are not the same, and tells at most `most` differences. @throws OciBuildError `layer-…` */
export async function contrastLayers(
  session: HelperSession,
  { number, before, after }: LayerPair,
  most: number,
): Promise<LayerContrast> {
  const [old, now] = [await blobOf(before), await blobOf(after)];
  const found = await session.call("compareLayers", {
    before: old,
    after: now,
    limits: layerLimits(process.env),
    most,
  });
  if (found.count === 0) return { differences: [{ kind: "archive", layer: number, moved: found.moved }], count: 1 };
  const differences = found.differences.map(({ kind: type, ...entry }): Difference => ({
    kind: "entry",
    layer: number,
    type,
    ...entry,
  }));
  return { differences, count: found.count };
}

async function blobOf({ subject, layer }: Side): Promise<LayerBlob> {
  const { mediaType, digest } = layer.blob;
  const compression = compressionOf(mediaType);
  if (compression === undefined)
    throw new OciBuildError("layer-unsupported", `layer ${digest} of ${subject.name} has the media type ${mediaType}`);
  return { path: await subject.blobOf(layer), compression };
}
