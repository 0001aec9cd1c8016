import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { output, run } from "./process.ts";
import { temporaryDirectory, type Lifetime } from "./temporary.ts";
import { describeTree, type TreeEntry } from "./tree.ts";

/**
 * The tree of an image as a RUN sees it: its layers mounted from the store that built it. For root, whose store holds real
 * ids, so that this process sees what RUN saw.
 */
export async function seenTree(t: Lifetime, store: string, image: string): Promise<readonly TreeEntry[]> {
  const config = JSON.parse(await output(["skopeo", "inspect", "--config", `oci:${image}`])) as {
    rootfs: { diff_ids: string[] };
  };
  const lowers = config.rootfs.diff_ids.map((id) => join(store, "layers", id.slice(7))).toReversed();
  const target = join(temporaryDirectory(t), "mounted");
  mkdirSync(target);
  await output(["mount", "-t", "overlay", "-o", `ro,userxattr,lowerdir=${lowers.join(":")}`, "overlay", target]);
  try {
    return await describeTree(target);
  } finally {
    await run(["umount", target]);
  }
}

/** The tree that umoci makes of an image. */
export async function umociTree(t: Lifetime, image: string): Promise<readonly TreeEntry[]> {
  const bundle = join(temporaryDirectory(t), "bundle");
  await output(["umoci", "unpack", "--image", image, bundle]);
  return describeTree(join(bundle, "rootfs"));
}
