import { copyFile, mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { type StorePaths, storePaths } from "./paths.ts";
import type { Store } from "./store.ts";
import { roomLock } from "./uses.ts";

/** What is named after its content, or told by others, and so is right for every build. */
const shared = ["blobs", "layers", "unsettled", "packed", "references", "downloads", "trees", "uses", "sizes"] as const;

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
  // Who makes room in the other store must see what is used here.
  await mkdir(shadow.locks);
  await symlink(roomLock(paths), roomLock(shadow));
  await copyFile(paths.index, shadow.index);
  return shadow.root;
}
