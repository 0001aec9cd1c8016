import { OciBuildError, messageOf } from "../errors.ts";
import { dockerMembers } from "./docker-archive.ts";
import { entriesByTag } from "./layout-index.ts";
import { layoutMembers } from "./oci-archive.ts";
import type { BlobFiles, OutputImage } from "./output-image.ts";
import { parseReference } from "../oci/reference.ts";
import type { Pushing } from "./push-image.ts";
import type { ArchiveOptions } from "./archive.ts";
import type { OutputTarget } from "./target.ts";

/** Without `stdout` a dash is the process's own standard output. */
export interface WriteOptions extends Partial<ArchiveOptions> {
  /** The way to the outputs that are registries. */
  readonly pushing?: Omit<Pushing, "blobs">;
}

/**
 * Writes a finished image to one output. A layout gets its tag from the target, else from the image's names, else `latest`.
 * @throws OciBuildError `output-failed` (with the system's reason), `output-not-a-layout`, `output-is-a-directory`,
 *   `layout-invalid`, `layout-busy`, `blob-incomplete`, `push-nameless`, and as `pushImage`; the signal's reason when it is aborted
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
    throw new OciBuildError("output-failed", `the image cannot be written to ${placeOf(target)}: ${messageOf(cause)}`, {
      cause,
    });
  }
}

async function write(
  target: OutputTarget,
  image: OutputImage,
  blobs: BlobFiles,
  options: WriteOptions & ArchiveOptions,
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
    case "registry": {
      const { pushImage } = await import("./push-image.ts");
      const names = target.names.length > 0 ? target.names : image.names.map(parseReference);
      if (names.length === 0)
        throw new OciBuildError("push-nameless", "the image has no name to be pushed under", {
          hint: "name it with -t REGISTRY/NAME:TAG, or with -o type=registry,name=REGISTRY/NAME:TAG",
        });
      if (options.pushing === undefined) throw new TypeError("an output is a registry, but there is no way to one");
      return pushImage(image, names, { ...options.pushing, blobs });
    }
  }
}

function placeOf(target: OutputTarget): string {
  switch (target.kind) {
    case "oci":
      return target.directory;
    case "registry":
      return "a registry";
    default:
      return target.file;
  }
}
