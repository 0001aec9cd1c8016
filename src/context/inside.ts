import { readFile, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { isMissing } from "../store/durable.ts";

/**
 * The text of a file of a tree that others made; undefined when there is no file of that name. A link that leads out of
 * the tree leads nowhere.
 */
export async function readInside(directory: string, path: string): Promise<string | undefined> {
  const root = await realpath(directory);
  try {
    const real = await realpath(join(root, path));
    if (!real.startsWith(root + sep) || !(await stat(real)).isFile()) return undefined;
    return await readFile(real, "utf8");
  } catch (error) {
    if (isMissing(error) || (error as NodeJS.ErrnoException).code === "ENOTDIR") return undefined;
    throw error;
  }
}
