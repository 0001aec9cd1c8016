import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type CacheKey, hexOf } from "../oci/digest.ts";
import { markUnsettled, type Store } from "./store.ts";
import { isInUse, keep, keptTreeAt } from "./uses.ts";

/**
 * A directory of files that came from elsewhere and never change, such as a checked-out commit or an unpacked archive:
 * made at most once, by `make`, which gets a path that does not exist yet. `key` tells everything that decides its content.
 */
export async function keptTree(
  store: Store,
  key: CacheKey,
  make: (directory: string) => Promise<void>,
): Promise<string> {
  const name = hexOf(key);
  const place = join(store.paths.trees, name);
  if (await isInUse(store, keptTreeAt(place))) return place;
  await mkdir(store.paths.trees, { recursive: true });
  const unfinished = join(store.workspace, `tree-${name}`);
  try {
    await make(unfinished);
  } catch (error) {
    await store.session.call("remove", { path: unfinished }).catch(() => undefined);
    throw error;
  }
  await markUnsettled(store.paths, "trees", name);
  await keep(store, unfinished, keptTreeAt(place));
  return place;
}
