import { createHash } from "node:crypto";
import { chmod, mkdir, readdir, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { canonicalJson } from "../oci/canonical-json.ts";
import { isMissing, writeAtomically } from "./durable.ts";
import type { StorePaths } from "./paths.ts";
import { isText, readRecord } from "./record.ts";
import type { Store } from "./store.ts";

/** What of a store the cache mounts need. */
type Holder = Pick<Store, "paths" | "session">;

/** What makes one cache mount another than the next: as in BuildKit not its id alone, but also what it began with. */
export interface CacheMountIdentity {
  readonly id: string;
  /** Owner and mode of the directory itself, where a mount asks for them. */
  readonly access?: { readonly uid: number; readonly gid: number; readonly mode: number } | undefined;
  /** What its first content is taken from, if from anything. */
  readonly seed?: { readonly chain: readonly string[]; readonly source: string } | undefined;
}

export type CacheSharing = "shared" | "private" | "locked";

/** A cache mount as `cache-mounts ls` shows it. */
export interface StoredCacheMount {
  /** Its directory below `mounts`. */
  readonly name: string;
  readonly id: string;
  /** More than one when RUNs with `sharing=private` overlapped. */
  readonly directories: readonly string[];
  readonly lastUsed: Date;
}

/** A directory of a cache mount, locked for as long as it is used. */
export interface HeldCacheMount {
  readonly directory: string;
  /** Whether it has to be made first: `publish` does. */
  readonly isNew: boolean;
  readonly release: () => Promise<void>;
}

/** Names the directory of a cache mount. */
export function cacheMountName(identity: CacheMountIdentity): string {
  const { id, access, seed } = identity;
  const text = canonicalJson({
    id,
    access: access && { ...access },
    seed: seed && { ...seed, chain: [...seed.chain] },
  });
  return createHash("sha256").update(text).digest("hex");
}

/**
 * Takes a directory of a cache mount: `shared` the first one together with others, `locked` the first one alone, `private`
 * the first that nobody uses. Kernel locks hold between processes and end with them.
 * @param waiting is called when somebody else must finish first
 */
export async function holdCacheMount(
  { paths, session }: Holder,
  name: string,
  { sharing, waiting }: { readonly sharing: CacheSharing; readonly waiting: () => void },
): Promise<HeldCacheMount> {
  for (let number = 0; ; number += 1) {
    const lock = { path: lockPath(paths, name, String(number)), shared: sharing === "shared" };
    let taken = await session.call("lock", { ...lock, wait: false });
    if (!taken.acquired && sharing === "private") continue;
    if (!taken.acquired) {
      waiting();
      taken = await session.call("lock", { ...lock, wait: true });
    }
    const directory = join(paths.mounts, name, String(number));
    const isNew = !(await exists(directory));
    return { directory, isNew, release: async () => void (await session.call("unlock", { lock: taken.lock })) };
  }
}

/** Puts the finished directory `from` in place as a cache mount's, unless another RUN was faster. */
export async function publishCacheMount(
  store: Holder,
  identity: CacheMountIdentity,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<void> {
  await whileNoneIsRemoved(store, async () => {
    const directory = join(store.paths.mounts, cacheMountName(identity));
    await mkdir(directory, { recursive: true });
    await writeAtomically(join(directory, "about.json"), JSON.stringify({ id: identity.id }));
    await store.session.call("publish", { from, to });
  });
}

/**
 * Puts the finished directory `from` in the place of what a cache mount holds.
 * @returns whether it could: not while a RUN uses it
 */
export async function replaceCacheMount(store: Holder, identity: CacheMountIdentity, from: string): Promise<boolean> {
  const { paths, session } = store;
  const name = cacheMountName(identity);
  const to = join(paths.mounts, name, "0");
  return whileAlone(store, name, async () => {
    await session.call("remove", { path: to });
    await publishCacheMount(store, identity, { from, to });
  });
}

/** Does `work` while no RUN uses the first directory of a cache mount, and answers whether that was possible at once. */
export async function whileAlone(
  { paths, session }: Holder,
  name: string,
  work: () => Promise<void>,
): Promise<boolean> {
  const { acquired, lock } = await session.call("lock", {
    path: lockPath(paths, name, "0"),
    shared: false,
    wait: false,
  });
  if (!acquired) return false;
  try {
    await work();
  } finally {
    await session.call("unlock", { lock });
  }
  return true;
}

/** Makes an empty directory that a cache mount may begin with, 0755 whatever the umask. */
export async function makeEmpty(directory: string): Promise<void> {
  await mkdir(directory);
  await chmod(directory, 0o755);
}

/** Notes that a cache mount is used now. */
export async function touchCacheMount(paths: StorePaths, name: string): Promise<void> {
  const now = new Date();
  await utimes(join(paths.mounts, name, "about.json"), now, now).catch(ignoreMissing);
}

export async function listCacheMounts(paths: StorePaths): Promise<readonly StoredCacheMount[]> {
  const found = await Promise.all((await namesIn(paths.mounts)).map((name) => describe(paths, name)));
  return found.filter((mount) => mount !== undefined).toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

async function describe(paths: StorePaths, name: string): Promise<StoredCacheMount | undefined> {
  const about = join(paths.mounts, name, "about.json");
  const id = (await readRecord(about))?.["id"];
  if (!isText(id)) return undefined;
  const numbers = (await namesIn(join(paths.mounts, name))).filter((entry) => /^\d+$/.test(entry));
  const directories = numbers.map((number) => join(paths.mounts, name, number));
  return { name, id, directories, lastUsed: (await stat(about)).mtime };
}

/** Removes a cache mount as far as nobody uses it; answers whether it is gone. */
export async function removeCacheMount(store: Holder, name: string): Promise<boolean> {
  const { paths, session } = store;
  return whileNoneIsRemoved(store, async () => {
    const directory = join(paths.mounts, name);
    let inUse = false;
    for (const number of (await namesIn(directory)).filter((entry) => /^\d+$/.test(entry))) {
      const path = lockPath(paths, name, number);
      const { acquired, lock } = await session.call("lock", { path, shared: false, wait: false });
      if (acquired) {
        await session.call("remove", { path: join(directory, number) });
        await session.call("unlock", { lock });
      } else inUse = true;
    }
    if (!inUse) await rm(directory, { recursive: true, force: true });
    return !inUse;
  });
}

async function whileNoneIsRemoved<T>({ paths, session }: Holder, work: () => Promise<T>): Promise<T> {
  const { lock } = await session.call("lock", { path: join(paths.locks, "mounts"), shared: false, wait: true });
  try {
    return await work();
  } finally {
    await session.call("unlock", { lock });
  }
}

function lockPath(paths: StorePaths, name: string, number: string): string {
  return join(paths.locks, `mount-${name}-${number}`);
}

async function namesIn(directory: string): Promise<readonly string[]> {
  return readdir(directory).catch((error: unknown) => {
    ignoreMissing(error);
    return [];
  });
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => {
      ignoreMissing(error);
      return false;
    },
  );
}

function ignoreMissing(error: unknown): void {
  if (!isMissing(error)) throw error;
}
