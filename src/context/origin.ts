import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { unreachable } from "../errors.ts";

/** How the files of a context came about. Times are seconds since 1970. */
export type Origin =
  /** A directory that the user named: it is read where it lies. */
  | { readonly kind: "local" }
  | { readonly kind: "git"; readonly commitTime: number }
  /** `lastModified` is what the server said, if there was one that said it. */
  | { readonly kind: "archive"; readonly lastModified?: number | undefined }
  /** A URL gave a single file. */
  | { readonly kind: "file"; readonly lastModified?: number | undefined }
  /** A Dockerfile came alone, and no files with it. */
  | { readonly kind: "dockerfile"; readonly text: string };

/** A directory with the files that are meant. */
export interface Opened {
  readonly directory: string;
  readonly origin: Origin;
}

/**
 * The time that files tell of themselves: that of their commit, what the server said, or the newest of an archive's own
 * files. What is of this machine has none (frontend/dockerfile/dockerfile2llb/epoch.go of BuildKit).
 */
export async function timeOfTree({ directory, origin }: Opened): Promise<number | undefined> {
  switch (origin.kind) {
    case "local":
    case "dockerfile":
      return undefined;
    case "git":
      return origin.commitTime;
    case "file":
      return origin.lastModified;
    case "archive":
      return origin.lastModified ?? (await newestFile(directory));
    default:
      return unreachable(origin);
  }
}

async function newestFile(directory: string): Promise<number | undefined> {
  let newest: number | undefined;
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const { mtimeMs } = await lstat(join(entry.parentPath, entry.name));
    newest = Math.max(newest ?? 0, Math.floor(mtimeMs / 1000));
  }
  return newest;
}
