import { OciBuildError, messageOf } from "../errors.ts";
import { dockerMembers } from "./docker-archive.ts";
import { entriesByTag } from "./layout-index.ts";
import { layoutMembers } from "./oci-archive.ts";
import type { BlobFiles, OutputImage } from "./output-image.ts";
import type { ArchiveOptions } from "./archive.ts";
import type { OutputTarget } from "./target.ts";

/** Without `stdout` a dash is the process's own standard output. */
export type WriteOptions = Partial<ArchiveOptions>;

/**
 * Writes a finished image to one output. A layout gets its tag from the target, else from the image's names, else `latest`.
 * @throws OciBuildError `output-failed` (with the system's reason), `output-not-a-layout`, `output-is-a-directory`,
 *   `layout-invalid`, `layout-busy`, `blob-incomplete`; the signal's reason when it is aborted
 */
export async function writeOutput(
  target: OutputTarget,
  image: OutputImage,
  blobs: BlobFiles,
  options: WriteOptions = {},
): Promise<void> {
  try {
    await write(target, image, blobs, { stdout: process.stdout, ...options });
  } catch (cause) {
    options.signal?.throwIfAborted();
    if (cause instanceof OciBuildError) throw cause;
    const place = target.kind === "oci" ? target.directory : target.file;
    throw new OciBuildError("output-failed", `the image cannot be written to ${place}: ${messageOf(cause)}`, { cause });
  }
}

async function write(
  target: OutputTarget,
  image: OutputImage,
  blobs: BlobFiles,
  options: ArchiveOptions,
): Promise<void> {
  switch (target.kind) {
    case "oci":
      return (await import("./oci-directory.ts")).writeOciDirectory(target, image, blobs, options.signal);
    case "oci-archive": {
      const { writeArchive } = await import("./archive.ts");
      return writeArchive(target.file, layoutMembers(image, blobs, entriesByTag(image, target.tag)), options);
    }
    case "docker-archive": {
      const { writeArchive } = await import("./archive.ts");
      return writeArchive(target.file, dockerMembers(image, blobs, target.tag), options);
    }
  }
}
