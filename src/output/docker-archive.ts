import type { ArchiveEntry } from "./archive.ts";
import { familiarName, splitTag } from "./familiar-name.ts";
import { entriesByName } from "./layout-index.ts";
import { layoutMembers } from "./oci-archive.ts";
import { blobName, type BlobFiles, type OutputImage } from "./output-image.ts";

/**
 * The members of what `docker load` takes: a manifest.json that points into an OCI image layout, so that docker with its
 * own image store reads the one and docker with containerd's the other, as BuildKit's docker exporter does it.
 */
export function dockerMembers(image: OutputImage, blobs: BlobFiles, name: string | undefined): readonly ArchiveEntry[] {
  const named = name === undefined ? image : { ...image, names: [withTag(name)] };
  const manifest = {
    Config: blobName(image.config.digest),
    RepoTags: named.names.map(familiarName),
    Layers: image.layers.map(({ digest }) => blobName(digest)),
  };
  return [
    ...layoutMembers(named, blobs, entriesByName(named)),
    { kind: "text", name: "manifest.json", text: JSON.stringify([manifest]) },
  ];
}

function withTag(name: string): string {
  return splitTag(name)[1] === undefined ? `${name}:latest` : name;
}
