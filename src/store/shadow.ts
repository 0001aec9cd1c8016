import { copyFile, mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { type StorePaths, storePaths } from "./paths.ts";
import type { Store } from "./store.ts";

/** What is named after its content, or told by others, and so is right for every build. */
const shared = ["blobs", "layers", "unsettled", "packed", "references", "downloads", "trees"] as const;

/**
 * Makes a store within the workspace of another: it has the other's images, layers and downloads, and adds to them, but
 * remembers no steps, and what it comes to remember goes with the workspace. Answers its directory.
 */
export async function makeShadow({ paths, workspace }: Pick<Store, "paths" | "workspace">): Promise<string> {
  const shadow: StorePaths = storePaths(join(workspace, "shadow"));
  await mkdir(join(shadow.root, "blobs"), { recursive: true });
  for (const part of shared) {
    await mkdir(paths[part], { recursive: true });
    await symlink(paths[part], shadow[part]);
  }
  await copyFile(paths.index, shadow.index);
  return shadow.root;
}
