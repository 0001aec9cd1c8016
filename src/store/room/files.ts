import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { isMissing } from "../durable.ts";

/** A file or directory directly below one of the store's directories. */
export interface Found {
  readonly name: string;
  readonly path: string;
  readonly isDirectory: boolean;
  /** On the disk; of a directory without what it holds. */
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  /** When it got its name, or changed otherwise. */
  readonly changed: number;
}

/** So many are looked at together. */
const AT_ONCE = 64;

/** What a directory holds; nothing when it is not there. What vanishes meanwhile is left out. */
export async function filesIn(directory: string): Promise<readonly Found[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  const found = await inParallel(names, async (name): Promise<readonly Found[]> => {
    const path = join(directory, name);
    try {
      const stats = await lstat(path);
      const { blocks, mtimeMs: modified, ctimeMs: changed } = stats;
      return [{ name, path, isDirectory: stats.isDirectory(), bytes: blocks * 512, modified, changed }];
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  });
  return found.flat();
}

/** `work` on each, not on all at the same time; the results in the order of what was given. */
export async function inParallel<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (let from = 0; from < all.length; from += AT_ONCE)
    results.push(...(await Promise.all(all.slice(from, from + AT_ONCE).map(work))));
  return results;
}
