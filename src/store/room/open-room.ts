import { openOwnStore } from "../own-store.ts";
import { chooseVictims, type Clearing } from "./choose.ts";
import { takeInventory } from "./inventory.ts";
import type { Item } from "./item.ts";
import { dropUnnamed, removeItems } from "./prune.ts";

/** What the commands `du` and `prune` need of a store. */
export interface Room {
  /** All that the store holds. */
  inventory(): Promise<readonly Item[]>;
  /** Removes what nobody uses meanwhile, and answers what is gone. */
  prune(clearing: Clearing, options: { readonly signal: AbortSignal }): Promise<readonly Item[]>;
  close(): Promise<void>;
}

/** What is removed may leave records, and these blobs, that are of no use any more. */
const ROUNDS = 3;

/** Opens the store at `root`. */
export async function openRoom(root: string): Promise<Room> {
  const { store, close } = await openOwnStore(root);
  return {
    inventory: () => takeInventory(store, "closely", { unnamedStay: false }),
    prune: async (clearing, { signal }) => {
      await dropUnnamed(store, clearing.unusedSince ?? Infinity);
      const removed: Item[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const items = await takeInventory(store, "closely", { unnamedStay: true });
        const gone = await removeItems(store, chooseVictims(items, clearing), { signal });
        if (gone.length === 0) break;
        removed.push(...gone);
      }
      return removed;
    },
    close,
  };
}
