import { OciBuildError } from "../errors.ts";
import type { Descriptor } from "./descriptor.ts";
import { JsonChecks, withoutUndefined, type JsonObject } from "./json.ts";
import { indexType, isIndexType, isManifestType, manifestType } from "./media-type.ts";
import type { Platform } from "./platform.ts";

/** https://github.com/opencontainers/image-spec/blob/main/manifest.md */
export interface Manifest {
  readonly kind: "manifest";
  /** OCI's or docker's. */
  readonly mediaType: string;
  readonly config: Descriptor;
  /** Bottom first. */
  readonly layers: readonly Descriptor[];
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** https://github.com/opencontainers/image-spec/blob/main/image-index.md, or docker's manifest list. */
export interface Index {
  readonly kind: "index";
  /** OCI's or docker's. */
  readonly mediaType: string;
  readonly manifests: readonly Descriptor[];
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

interface Declared {
  /** The media type that came beside the document: from a Content-Type or a descriptor. */
  readonly mediaType?: string | undefined;
  /** What the document is called in an error. */
  readonly name?: string;
}

/**
 * Reads a manifest or an index. A document that could be taken for both, or whose `mediaType` is another than the
 * declared one, is refused: two tools could see two images behind one digest (CVE-2021-41190).
 * @throws OciBuildError `manifest-invalid`, `manifest-schema1`
 */
export function parseManifest(bytes: Uint8Array, declared: Declared = {}): Manifest | Index {
  const checks = new JsonChecks("manifest-invalid", declared.name ?? "the manifest");
  const document = checks.object(checks.parse(bytes), "the document");
  if (isSchema1(document, declared)) throw schema1(declared);
  const kind = kindOf(document, checks);
  const mediaType = mediaTypeOf(document, kind, declared, checks);
  const annotations = withoutUndefined({
    annotations: checks.optional(document["annotations"], "annotations", checks.stringMap),
  });
  const descriptor = (value: unknown, where: string): Descriptor => parseDescriptor(value, where, checks);
  if (kind === "index")
    return { kind, mediaType, manifests: checks.list(document["manifests"], "manifests", descriptor), ...annotations };
  const config = descriptor(document["config"], "config");
  return { kind, mediaType, config, layers: checks.list(document["layers"], "layers", descriptor), ...annotations };
}

/**
 * The bytes of a manifest or an index that we write: BuildKit's key order and two-space indentation, no newline at the
 * end (exporter/containerimage/writer.go). The digest depends on every one of them.
 */
export function serialiseManifest(manifest: Manifest | Index): string {
  const head = { schemaVersion: 2, mediaType: manifest.mediaType };
  const tail = { annotations: manifest.annotations && sorted(manifest.annotations) };
  const document =
    manifest.kind === "index"
      ? { ...head, manifests: manifest.manifests.map(wireDescriptor), ...tail }
      : { ...head, config: wireDescriptor(manifest.config), layers: manifest.layers.map(wireDescriptor), ...tail };
  return JSON.stringify(document, undefined, 2);
}

function isSchema1(document: JsonObject, declared: Declared): boolean {
  return (
    document["schemaVersion"] === 1 ||
    "fsLayers" in document ||
    declared.mediaType?.startsWith("application/vnd.docker.distribution.manifest.v1") === true
  );
}

function schema1({ name = "the manifest" }: Declared): OciBuildError {
  return new OciBuildError(
    "manifest-schema1",
    `${name} has docker's schema 1, an old form that does not say what the layers contain`,
    {
      hint: "push the image again with a current tool",
    },
  );
}

function kindOf(document: JsonObject, checks: JsonChecks): "manifest" | "index" {
  if (document["schemaVersion"] !== 2) throw checks.invalid("schemaVersion is not 2");
  const isIndex = "manifests" in document;
  const isManifest = "layers" in document || "config" in document;
  if (isIndex && isManifest) throw checks.invalid("it is a manifest and an index at once");
  if (!isIndex && !isManifest) throw checks.invalid("it has neither layers nor manifests");
  return isIndex ? "index" : "manifest";
}

function mediaTypeOf(document: JsonObject, kind: "manifest" | "index", declared: Declared, checks: JsonChecks): string {
  const own = checks.optional(document["mediaType"], "mediaType", checks.string);
  const beside =
    isManifestType(declared.mediaType ?? "") || isIndexType(declared.mediaType ?? "") ? declared.mediaType : undefined;
  if (own !== undefined && beside !== undefined && own !== beside)
    throw checks.invalid(`its mediaType is ${JSON.stringify(own)}, but it was announced as ${beside}`);
  const mediaType = own ?? beside ?? (kind === "index" ? indexType : manifestType);
  const fits = kind === "index" ? isIndexType(mediaType) : isManifestType(mediaType);
  if (!fits)
    throw checks.invalid(`its mediaType ${JSON.stringify(mediaType.slice(0, 100))} is not one of an image ${kind}`);
  return mediaType;
}

function parseDescriptor(value: unknown, where: string, checks: JsonChecks): Descriptor {
  const object = checks.object(value, where);
  return {
    mediaType: checks.string(object["mediaType"], `${where}.mediaType`),
    digest: checks.digest(object["digest"], `${where}.digest`),
    size: checks.size(object["size"], `${where}.size`),
    ...withoutUndefined({
      urls: checks.optional(object["urls"], `${where}.urls`, checks.strings),
      annotations: checks.optional(object["annotations"], `${where}.annotations`, checks.stringMap),
      platform: checks.optional(object["platform"], `${where}.platform`, (v, at) => parsePlatformObject(v, at, checks)),
    }),
  };
}

function parsePlatformObject(value: unknown, where: string, checks: JsonChecks): Platform {
  const object = checks.object(value, where);
  return {
    os: checks.string(object["os"], `${where}.os`),
    architecture: checks.string(object["architecture"], `${where}.architecture`),
    ...withoutUndefined({
      variant: checks.optional(object["variant"], `${where}.variant`, checks.string),
      osVersion: checks.optional(object["os.version"], `${where}["os.version"]`, checks.string),
    }),
  };
}

/** Key order of Go's ocispec.Descriptor. */
function wireDescriptor(descriptor: Descriptor): JsonObject {
  const { mediaType, digest, size, urls, annotations, platform } = descriptor;
  return {
    mediaType,
    digest,
    size,
    urls,
    annotations: annotations && sorted(annotations),
    platform: platform && wirePlatform(platform),
  };
}

function wirePlatform(platform: Platform): JsonObject {
  const { architecture, os, osVersion, variant } = platform;
  return { architecture, os, "os.version": osVersion, variant };
}

/** Go writes the keys of a map in order. */
function sorted(map: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}
