import type { ArchiveEntry } from "./archive.ts";
import { addEntries, emptyIndex, layoutDocument, serializeIndex, type IndexEntry } from "./layout-index.ts";
import { blobName, blobsOf, type BlobFiles, type OutputImage } from "./output-image.ts";

/** The members of an OCI image layout in an archive; `index` are the entries of its index.json. */
export function layoutMembers(
  image: OutputImage,
  blobs: BlobFiles,
  index: readonly IndexEntry[],
): readonly ArchiveEntry[] {
  return [
    { kind: "directory", name: "blobs/" },
    { kind: "directory", name: "blobs/sha256/" },
    ...blobsOf(image).map(({ digest, size }): ArchiveEntry => ({
      kind: "file",
      name: blobName(digest),
      path: blobs.path(digest),
      size,
    })),
    { kind: "text", name: "index.json", text: serializeIndex(addEntries(emptyIndex, index)) },
    { kind: "text", name: "oci-layout", text: layoutDocument },
  ];
}
