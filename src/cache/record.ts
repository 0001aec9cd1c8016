import { OciBuildError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { type CacheKey, type DiffId, parseDigest } from "../oci/digest.ts";
import { JsonChecks, type JsonObject } from "../oci/json.ts";
import { compressionOf, manifestType } from "../oci/media-type.ts";

/**
 * What a cache tells of a key. The inputs of a key do not travel: they hold build arguments, and whoever asks for a key has
 * them already.
 */
export type CacheRecord =
  /** The layer that a step makes, and the blob that carries it. */
  | { readonly kind: "step"; readonly diffId: DiffId; readonly layer: Descriptor }
  /** The digest of what a COPY --from selects: without it the stage would have to be unpacked to know the COPY's key. */
  | { readonly kind: "content"; readonly digest: string }
  /** The numbers of an owner by name. */
  | { readonly kind: "owner"; readonly owner: string };

/** Beyond it a document is no record. Bytes. */
export const RECORD_LIMIT = 65_536;

const ARTIFACT = "application/vnd.oci-build.cache.v1";
const NAMES = "dev.oci-build.cache.";
/** https://github.com/opencontainers/image-spec/blob/main/manifest.md#guidance-for-an-empty-descriptor */
export const EMPTY_DOCUMENT = "{}";
export const emptyDescriptor: Descriptor = {
  mediaType: "application/vnd.oci.empty.v1+json",
  digest: parseDigest("sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"),
  size: 2,
};

/** The record as an OCI manifest, so that every place for images can keep it and its layer. */
export function serialiseRecord(key: CacheKey, record: CacheRecord): Buffer {
  const manifest = {
    schemaVersion: 2,
    mediaType: manifestType,
    artifactType: ARTIFACT,
    config: emptyDescriptor,
    // A manifest without layers is not portable; the spec's guidance is the empty one.
    layers: [record.kind === "step" ? record.layer : emptyDescriptor],
    annotations: { [`${NAMES}key`]: key, [`${NAMES}${record.kind}`]: valueOf(record) },
  };
  return Buffer.from(JSON.stringify(manifest));
}

/**
 * Reads a record that was found under `key`.
 * @param where it was found, for errors
 * @throws OciBuildError `cache-invalid`
 */
export function parseRecord(bytes: Uint8Array, key: CacheKey, where: string): CacheRecord {
  const json = new JsonChecks("cache-invalid", where);
  if (bytes.length > RECORD_LIMIT) throw json.invalid(`it has more than ${RECORD_LIMIT} bytes`);
  const manifest = json.object(json.parse(bytes), "it");
  if (manifest["artifactType"] !== ARTIFACT) throw json.invalid("it is no record of oci-build");
  const values = json.stringMap(manifest["annotations"], "annotations");
  if (values[`${NAMES}key`] !== key) throw json.invalid("it belongs to another key");
  const { step, content, owner } = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name.slice(NAMES.length), value]),
  );
  if (step !== undefined) {
    const [layer] = json.list(manifest["layers"], "layers", json.object);
    if (layer === undefined) throw json.invalid("it has no layer");
    return { kind: "step", diffId: json.diffId(step, "the step's diffID"), layer: parseLayer(layer, json) };
  }
  if (content !== undefined) return { kind: "content", digest: json.digest(content, "the content's digest") };
  if (owner !== undefined && /^\d{1,10}:\d{1,10}$/.test(owner)) return { kind: "owner", owner };
  throw json.invalid("it tells nothing");
}

function parseLayer(layer: JsonObject, json: JsonChecks): Descriptor {
  const mediaType = json.string(layer["mediaType"], "layers[0].mediaType");
  if (compressionOf(mediaType) === undefined) throw json.invalid("layers[0] is no layer of an image");
  const { digest, size } = layer;
  return { mediaType, digest: json.digest(digest, "layers[0].digest"), size: json.size(size, "layers[0].size") };
}

function valueOf(record: CacheRecord): string {
  switch (record.kind) {
    case "step":
      return record.diffId;
    case "content":
      return record.digest;
    case "owner":
      return record.owner;
  }
}

/** A cache that was named to be used and cannot be. */
export function cacheError(message: string, hint?: string, cause?: unknown): OciBuildError {
  return new OciBuildError("cache-unusable", message, { hint, cause });
}
