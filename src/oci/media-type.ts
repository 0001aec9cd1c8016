/** Media types of the documents we write (https://github.com/opencontainers/image-spec/blob/main/media-types.md). */
export const indexType = "application/vnd.oci.image.index.v1+json";
export const manifestType = "application/vnd.oci.image.manifest.v1+json";
export const configType = "application/vnd.oci.image.config.v1+json";

/** Docker's own types, read but never written but in docker archives (distribution, spec/manifest-v2-2.md). */
export const dockerIndexType = "application/vnd.docker.distribution.manifest.list.v2+json";
export const dockerManifestType = "application/vnd.docker.distribution.manifest.v2+json";
export const dockerConfigType = "application/vnd.docker.container.image.v1+json";

/** How a layer blob is compressed. */
export type Compression = "none" | "gzip" | "zstd";

interface LayerType {
  readonly compression: Compression;
  /** Foreign to docker, non-distributable to OCI: a registry need not have it. */
  readonly foreign: boolean;
}

const ociLayer = "application/vnd.oci.image.layer.v1.tar";
const ociForeignLayer = "application/vnd.oci.image.layer.nondistributable.v1.tar";

const layerTypes: ReadonlyMap<string, LayerType> = new Map<string, LayerType>([
  [ociLayer, { compression: "none", foreign: false }],
  [`${ociLayer}+gzip`, { compression: "gzip", foreign: false }],
  [`${ociLayer}+zstd`, { compression: "zstd", foreign: false }],
  [ociForeignLayer, { compression: "none", foreign: true }],
  [`${ociForeignLayer}+gzip`, { compression: "gzip", foreign: true }],
  [`${ociForeignLayer}+zstd`, { compression: "zstd", foreign: true }],
  ["application/vnd.docker.image.rootfs.diff.tar", { compression: "none", foreign: false }],
  ["application/vnd.docker.image.rootfs.diff.tar.gzip", { compression: "gzip", foreign: false }],
  ["application/vnd.docker.image.rootfs.diff.tar.zstd", { compression: "zstd", foreign: false }],
  ["application/vnd.docker.image.rootfs.foreign.diff.tar", { compression: "none", foreign: true }],
  ["application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", { compression: "gzip", foreign: true }],
  ["application/vnd.docker.image.rootfs.foreign.diff.tar.zstd", { compression: "zstd", foreign: true }],
]);

/** The type of a layer that we wrote. */
export function layerTypeOf(compression: Compression): string {
  return compression === "none" ? ociLayer : `${ociLayer}+${compression}`;
}

/** How a layer of this type is compressed; undefined when it is no layer of a container image. */
export function compressionOf(mediaType: string): Compression | undefined {
  return layerTypes.get(mediaType)?.compression;
}

/** The OCI type of the same content: an OCI manifest must not mix in docker's types. Other types stay as they are. */
export function ociTypeOf(mediaType: string): string {
  switch (mediaType) {
    case dockerIndexType:
      return indexType;
    case dockerManifestType:
      return manifestType;
    case dockerConfigType:
      return configType;
  }
  const layer = layerTypes.get(mediaType);
  if (layer === undefined) return mediaType;
  const base = layer.foreign ? ociForeignLayer : ociLayer;
  return layer.compression === "none" ? base : `${base}+${layer.compression}`;
}

export function isManifestType(mediaType: string): boolean {
  return mediaType === manifestType || mediaType === dockerManifestType;
}

export function isIndexType(mediaType: string): boolean {
  return mediaType === indexType || mediaType === dockerIndexType;
}

export function isConfigType(mediaType: string): boolean {
  return mediaType === configType || mediaType === dockerConfigType;
}
