import { findHelper } from "../helper/find.ts";
import { openSession } from "../helper/session.ts";
import { closeStore, openStore, type Store } from "./store.ts";

/** A store with a helper session of its own, for commands that work on nothing else. */
export interface OwnStore {
  readonly store: Store;
  readonly close: () => Promise<void>;
}

/** Opens the store at `root` in a namespace, as its layers may belong to ids that only that can touch. */
export async function openOwnStore(root: string): Promise<OwnStore> {
  const session = await openSession({ helper: findHelper(), namespace: true, stdio: "none" });
  try {
    const store = await openStore(root, session);
    const close = async (): Promise<void> => {
      await closeStore(store);
      await session.close();
    };
    return { store, close };
  } catch (error) {
    await session.close();
    throw error;
  }
}
