import { createReadStream, type Stats } from "node:fs";
import { open, realpath, stat } from "node:fs/promises";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Header, Pack } from "tar-stream";
import { OciBuildError } from "../errors.ts";
import { writeAtomically } from "./atomic-file.ts";
import { hasCode } from "./system-error.ts";

/** A member of an archive. */
export type ArchiveEntry =
  | { readonly kind: "directory"; readonly name: string }
  | { readonly kind: "text"; readonly name: string; readonly text: string }
  | { readonly kind: "file"; readonly name: string; readonly path: string; readonly size: number };

export interface ArchiveOptions {
  /** What `-` stands for. */
  readonly stdout: Writable;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes a tar whose bytes depend on the entries alone: in the order of their names, of the year 1970, owned by 0:0.
 * A file appears complete or not at all; standard output, a pipe or a device is written to as it is.
 * @throws OciBuildError `output-is-a-directory`, `blob-incomplete`
 */
export async function writeArchive(
  file: string,
  entries: readonly ArchiveEntry[],
  options: ArchiveOptions,
): Promise<void> {
  const { signal } = options;
  if (file === "-") return streamArchive(entries, { destination: options.stdout, end: false, signal });
  const existing = await statIfThere(file);
  if (existing?.isDirectory() === true)
    throw new OciBuildError("output-is-a-directory", `${file} is a directory, but the output is one file`);
  const write = async (path: string): Promise<void> => {
    const opened = await open(path, "w");
    await streamArchive(entries, { destination: opened.createWriteStream(), end: true, signal });
  };
  // Renaming over a symbolic link would replace the link, and over /dev/null the device.
  if (existing?.isFile() === false) return write(file);
  return writeAtomically(existing === undefined ? file : await realpath(file), write);
}

interface Stream {
  readonly destination: Writable;
  readonly end: boolean;
  readonly signal: AbortSignal | undefined;
}

async function streamArchive(entries: readonly ArchiveEntry[], { destination, end, signal }: Stream): Promise<void> {
  // A CommonJS package: in the bundle its lazily imported form has no named exports.
  const { default: tar } = await import("tar-stream");
  const pack = tar.pack();
  const written = pipeline(chunksOf(pack), destination, { end, ...(signal === undefined ? {} : { signal }) });
  const added = addEntries(pack, entries, signal).catch((error: unknown) => {
    pack.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  });
  const [additions, writing] = await Promise.allSettled([
    added,
    written.finally(() => {
      pack.destroy();
    }),
  ]);
  // When writing fails, adding fails after it with a message about a closed stream.
  if (writing.status === "rejected" && !(additions.status === "rejected" && additions.reason instanceof OciBuildError))
    throw writing.reason;
  if (additions.status === "rejected") throw additions.reason;
}

async function* chunksOf(pack: Pack): AsyncGenerator<Uint8Array> {
  for await (const chunk of pack) yield chunk as Uint8Array;
}

async function addEntries(
  pack: Pack,
  entries: readonly ArchiveEntry[],
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    signal?.throwIfAborted();
    await addEntry(pack, entry);
  }
  pack.finalize();
}

async function addEntry(pack: Pack, entry: ArchiveEntry): Promise<void> {
  const common = { name: entry.name, uid: 0, gid: 0, mtime: new Date(0) };
  switch (entry.kind) {
    case "directory":
      return addWhole(pack, { ...common, type: "directory", mode: 0o755 });
    case "text":
      return addWhole(pack, { ...common, mode: 0o644 }, entry.text);
    case "file": {
      const found = await stat(entry.path);
      if (found.size !== entry.size)
        throw new OciBuildError("blob-incomplete", `${entry.path} has ${found.size} bytes instead of ${entry.size}`);
      const sink = pack.entry({ ...common, mode: 0o644, size: entry.size });
      return pipeline(createReadStream(entry.path, { highWaterMark: 1 << 20 }), sink);
    }
  }
}

function addWhole(pack: Pack, header: Partial<Header> & Pick<Header, "name">, text = ""): Promise<void> {
  return new Promise((resolve, reject) => {
    pack.entry(header, text, (error) => (error === undefined || error === null ? resolve() : reject(error)));
  });
}

async function statIfThere(file: string): Promise<Stats | undefined> {
  try {
    return await stat(file);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}
