import { randomBytes } from "node:crypto";
import { readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Digest } from "../../oci/digest.ts";
import { removeCacheMount } from "../cache-mounts.ts";
import { isMissing } from "../durable.ts";
import { nameOf, readIndex, updateIndex } from "../index-file.ts";
import type { Store } from "../store.ts";
import { keptBlob, markOf, roomLock } from "../uses.ts";
import type { Item } from "./item.ts";

/** Things whose names are taken away at once, while builds that want to note a use wait. */
const BATCH = 32;
/** File times come from a clock that lags by a tick, 10 ms at most, and Node's own are cut to milliseconds. */
const LAG_MS = 20;

/**
 * Since when (milliseconds since 1970) something must be unused for nobody to rely on it: since the oldest began of those
 * that work on the store now. Who begins later notes later uses. What killed builds left is swept when a store is opened,
 * so every workspace has an owner.
 */
export async function beginOfOldest({ paths }: Pick<Store, "paths">): Promise<number> {
  const now = Date.now();
  const begins = await Promise.all(
    (await readdir(paths.work)).map(async (name) => (await timesOf(join(paths.work, name, "lock")))?.ctimeMs ?? now),
  );
  return Math.min(now, ...begins) - LAG_MS;
}

/** Takes images without a name out of the index that were not used since `unusedSince`, nor by a build under way. */
export async function dropUnnamed(store: Store, unusedSince: number): Promise<void> {
  const before = Math.min(unusedSince, await beginOfOldest(store));
  const unused = new Set<Digest>();
  for (const entry of (await readIndex(store.paths)).filter((one) => nameOf(one) === undefined))
    if ((await lastUseOf(store, entry.digest)) < before) unused.add(entry.digest);
  if (unused.size === 0) return;
  await updateIndex(store, (entries) =>
    entries.filter((entry) => nameOf(entry) !== undefined || !unused.has(entry.digest)),
  );
}

async function lastUseOf({ paths }: Store, digest: Digest): Promise<number> {
  const kept = keptBlob(paths, digest);
  const [blob, mark] = await Promise.all([timesOf(kept.path), timesOf(markOf(paths, kept))]);
  return Math.max(blob?.ctimeMs ?? 0, mark?.mtimeMs ?? 0);
}

/**
 * Removes what is chosen, as far as nobody uses it, and answers what is gone. It stops at `deadline` (milliseconds since
 * 1970), or when `signal` is aborted: the store is sound after each step.
 */
export async function removeItems(
  store: Store,
  chosen: readonly Item[],
  { deadline = Infinity, signal }: { readonly deadline?: number; readonly signal?: AbortSignal } = {},
): Promise<readonly Item[]> {
  const removed: Item[] = [];
  for (let from = 0; from < chosen.length && Date.now() < deadline; from += BATCH) {
    signal?.throwIfAborted();
    const batch = chosen.slice(from, from + BATCH);
    const gone = new Set([...(await takeAway(store, batch)), ...(await removeOthers(store, batch))]);
    removed.push(...batch.filter((item) => gone.has(item)));
  }
  return removed;
}

async function takeAway(store: Store, batch: readonly Item[]): Promise<readonly Item[]> {
  const victims = batch.flatMap((item) => (item.removal.by === "room" ? [{ item, ...item.removal }] : []));
  if (victims.length === 0) return [];
  const into = join(store.workspace, `taken-${randomBytes(4).toString("hex")}`);
  const { taken } = await store.session.call("take", {
    room: roomLock(store.paths),
    into,
    before: Math.floor(await beginOfOldest(store)),
    victims: victims.map(({ paths, marks }) => ({ paths: [...paths], marks: [...marks] })),
  });
  await store.session.call("remove", { path: into });
  const gone = victims.filter((_, index) => taken[index]);
  for (const path of gone.flatMap(({ sizes }) => sizes)) await rm(path, { force: true });
  return gone.map(({ item }) => item);
}

async function removeOthers(store: Store, batch: readonly Item[]): Promise<readonly Item[]> {
  const gone: Item[] = [];
  for (const item of batch) {
    const { removal } = item;
    if (removal.by === "unlinking") {
      for (const path of removal.paths) await removeRecord(store, path);
      gone.push(item);
    } else if (removal.by === "its lock" && (await removeCacheMount(store, removal.mount))) gone.push(item);
  }
  return gone;
}

/** Moves it away first: a build may be writing into a directory of records. */
async function removeRecord({ workspace }: Store, path: string): Promise<void> {
  const away = join(workspace, `record-${randomBytes(4).toString("hex")}`);
  try {
    await rename(path, away);
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  await rm(away, { force: true, recursive: true });
}

async function timesOf(path: string): Promise<{ readonly ctimeMs: number; readonly mtimeMs: number } | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
