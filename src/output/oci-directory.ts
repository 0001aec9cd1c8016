import { constants } from "node:fs";
import { copyFile, link, mkdir, readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { OciBuildError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { writeAtomically, writeTextAtomically } from "./atomic-file.ts";
import { addEntries, emptyIndex, entriesByTag, layoutDocument, parseIndex, serializeIndex } from "./layout-index.ts";
import type { IndexEntry, LayoutIndex } from "./layout-index.ts";
import { withLock } from "./lock-file.ts";
import { blobName, blobsOf, type BlobFiles, type OutputImage } from "./output-image.ts";
import { hasCode } from "./system-error.ts";

export interface DirectoryTarget {
  readonly directory: string;
  readonly tag?: string | undefined;
}

/**
 * Writes an image into an OCI image layout, which is made or added to. Blobs come first and the index last, so a layout
 * never names what it does not hold. https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 * @throws OciBuildError `output-not-a-layout`, `layout-invalid`, `layout-busy`, `blob-incomplete`
 */
export async function writeOciDirectory(
  target: DirectoryTarget,
  image: OutputImage,
  blobs: BlobFiles,
  signal?: AbortSignal,
): Promise<void> {
  const added = { blobs: blobsOf(image), entries: entriesByTag(image, target.tag) };
  await addToLayout(target.directory, added, blobs, signal);
}

export interface LayoutAddition {
  readonly blobs: readonly Descriptor[];
  /** Entries for the index, which take the place of those with their tags. */
  readonly entries: readonly IndexEntry[];
}

/** Adds blobs, and then what names them, to a layout that is made when missing. Others may add at the same time. @throws as above */
export async function addToLayout(
  directory: string,
  added: LayoutAddition,
  blobs: BlobFiles,
  signal?: AbortSignal,
): Promise<void> {
  await prepare(directory);
  for (const blob of added.blobs) {
    signal?.throwIfAborted();
    await place(blob, blobs.path(blob.digest), join(directory, blobName(blob.digest)));
  }
  await withLock(join(directory, ".index.lock"), async () => {
    const file = join(directory, "index.json");
    const index = addEntries(await readIndex(file), added.entries);
    await writeTextAtomically(file, serializeIndex(index));
  });
}

/** Makes the layout's directories. A directory that holds something else is not touched. */
async function prepare(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true }).catch((cause: unknown) => {
    if (hasCode(cause, "EEXIST", "ENOTDIR")) throw notALayout(directory, "it is not a directory", cause);
    throw cause;
  });
  // Listed before the marker is read: whoever else makes the layout writes the marker first.
  const present = (await readdir(directory)).filter((name) => !name.startsWith(".oci-layout."));
  const marker = join(directory, "oci-layout");
  const version = await readLayoutVersion(marker);
  if (version === undefined) {
    if (present.length > 0) throw notALayout(directory, "it is not empty and has no oci-layout file");
    // First of all, so that a layout that is half made when the program dies can be completed.
    await writeTextAtomically(marker, layoutDocument);
  } else if (!version.startsWith("1.")) throw notALayout(directory, `its oci-layout has the version ${version}`);
  await mkdir(join(directory, "blobs/sha256"), { recursive: true });
}

async function readLayoutVersion(marker: string): Promise<string | undefined> {
  const text = await readIfThere(marker);
  if (text === undefined) return undefined;
  return /"imageLayoutVersion"\s*:\s*"([^"]*)"/.exec(text)?.[1] ?? "unknown";
}

async function readIndex(file: string): Promise<LayoutIndex> {
  const text = await readIfThere(file);
  return text === undefined ? emptyIndex : parseIndex(text, file);
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** Puts a blob into the layout: as a hard link, or as a copy where links cannot be. */
async function place(blob: Descriptor, source: string, destination: string): Promise<void> {
  if ((await sizeOf(destination)) === blob.size) return;
  if ((await sizeOf(source)) !== blob.size)
    throw new OciBuildError("blob-incomplete", `${source} does not have the ${blob.size} bytes of ${blob.digest}`);
  await writeAtomically(destination, async (temporary) => {
    try {
      await link(source, temporary);
    } catch (error) {
      // Another file system, one without links, a file with too many, or one of another user (fs.protected_hardlinks).
      if (!hasCode(error, "EXDEV", "EPERM", "EMLINK", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EACCES")) throw error;
      await copyFile(source, temporary, constants.COPYFILE_FICLONE);
    }
  });
}

async function sizeOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

function notALayout(directory: string, why: string, cause?: unknown): OciBuildError {
  return new OciBuildError("output-not-a-layout", `${directory} cannot take an OCI image layout: ${why}`, {
    hint: "name a new or empty directory, or an OCI image layout to add to",
    cause,
  });
}
