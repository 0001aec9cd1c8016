import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Store } from "../store.ts";
import { isMissing, touch } from "../durable.ts";
import { chooseVictims, type Clearing } from "./choose.ts";
import { takeInventory } from "./inventory.ts";
import type { Item } from "./item.ts";
import { dropUnnamed, removeItems } from "./prune.ts";

/** What a build clears away at its end. */
export interface CollectionPolicy {
  /** What was not used for so long goes. Milliseconds. */
  readonly unusedFor?: number | undefined;
  /** What was used least recently goes until the store takes no more. Bytes. */
  readonly keepBytes?: number | undefined;
}

const DAY_MS = 86_400_000;
/** A build does not wait longer for it. */
const LONGEST_MS = 3_000;

/**
 * Clears the store as the policy says: once a day, and where there is a limit of size also after a build that added to the
 * store. What does not get done in time is left to the next build. It never fails a build.
 */
export async function collect(store: Store, policy: CollectionPolicy | undefined): Promise<void> {
  const { unusedFor, keepBytes } = policy ?? {};
  if (unusedFor === undefined && keepBytes === undefined) return;
  const stamp = join(store.paths.locks, "collected");
  const since = Date.now() - (await timeOf(stamp));
  const grew = keepBytes !== undefined && (await timeOf(store.paths.layers, store.paths.blobs)) > Date.now() - since;
  if (since < DAY_MS && !grew) return;
  try {
    const deadline = Date.now() + LONGEST_MS;
    const looking = since < DAY_MS ? "things" : "records";
    const unusedSince = unusedFor === undefined ? undefined : Date.now() - unusedFor;
    if (!touch(stamp)) await writeFile(stamp, "");
    const clear = async (clearing: Clearing, unnamed: number): Promise<void> => {
      const victims = async (unnamedStay: boolean): Promise<readonly Item[]> =>
        chooseVictims(await takeInventory(store, looking, { unnamedStay }), clearing);
      if ((await victims(false)).length === 0) return;
      await dropUnnamed(store, unnamed);
      await removeItems(store, await victims(true), { deadline });
    };
    if (unusedSince !== undefined) await clear({ all: false, unusedSince }, unusedSince);
    if (keepBytes !== undefined) await clear({ all: false, keepBytes }, Infinity);
  } catch {
    // The image is built; what stands in the way shows when somebody prunes.
  }
}

/** The latest time of change of these; 0 when none is there. */
async function timeOf(...paths: readonly string[]): Promise<number> {
  const times = await Promise.all(
    paths.map(async (path) => {
      try {
        return (await stat(path)).mtimeMs;
      } catch (error) {
        if (isMissing(error)) return 0;
        throw error;
      }
    }),
  );
  return Math.max(...times);
}
