import { OciBuildError } from "../errors.ts";
import { findHelper } from "../helper/find.ts";
import { type HelperSession, openSession } from "../helper/session.ts";
import { listCacheMounts, removeCacheMount, type StoredCacheMount } from "./cache-mounts.ts";
import { storePaths } from "./paths.ts";
import { prepare } from "./store.ts";

export interface ListedCacheMount extends StoredCacheMount {
  /** Bytes on the disk. */
  readonly size: number;
}

/** What the command for cache mounts needs of a store. */
export interface CacheMounts {
  names(): Promise<readonly StoredCacheMount[]>;
  list(): Promise<readonly ListedCacheMount[]>;
  /** Removes every cache mount with this id. @throws OciBuildError `cache-mount-used` when a step uses one of them */
  remove(id: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the cache mounts of the store at `root`. What is in them may belong to ids that only a namespace can touch, so a
 * helper session is opened for all but their names.
 */
export async function openCacheMounts(root: string): Promise<CacheMounts> {
  const paths = storePaths(root);
  await prepare(paths);
  let opened: Promise<HelperSession> | undefined;
  const session = (): Promise<HelperSession> =>
    (opened ??= openSession({ helper: findHelper(), namespace: true, stdio: "none" }));
  return {
    names: () => listCacheMounts(paths),
    list: async () =>
      Promise.all(
        (await listCacheMounts(paths)).map(async (mount) => {
          const helper = await session();
          const sizes = await Promise.all(
            mount.directories.map(async (path) => (await helper.call("measure", { path })).bytes),
          );
          return { ...mount, size: sizes.reduce((sum, bytes) => sum + bytes, 0) };
        }),
      ),
    remove: async (id) => {
      const store = { paths, session: await session() };
      for (const { name } of (await listCacheMounts(paths)).filter((mount) => mount.id === id))
        if (!(await removeCacheMount(store, name)))
          throw new OciBuildError("cache-mount-used", `the cache mount ${JSON.stringify(id)} is in use by a step`, {
            hint: "wait until that build has ended",
          });
    },
    close: async () => {
      await (await opened)?.close();
    },
  };
}
