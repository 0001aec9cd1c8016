import { join } from "node:path";
import { type DiffId, parseDiffId } from "../oci/digest.ts";
import { publishLayer } from "../store/layers.ts";
import { layerPath } from "../store/paths.ts";
import type { Store } from "../store/store.ts";
import { type Beneath, makeScratch, type Roots, withScratch } from "./rootfs.ts";

/** Clones that no step works in are kept for the steps to come, but not more than this: each is a whole file system. */
const MOST_IDLE = 4;

/**
 * Roots without overlay: a clone of what the layers show, and a comparison with the state before. A clone is made once a
 * stage: when a step has ended, it is what the next one begins with.
 */
export class CloneRoots implements Roots {
  readonly #store: Store;
  /** Folders that hold the clones of layers, by the layers' paths. */
  readonly #idle = new Map<string, string>();

  constructor(store: Store) {
    this.#store = store;
  }

  async reading<T>(lowers: readonly string[], use: (root: string) => Promise<T>): Promise<T> {
    const idle = this.#take(lowers);
    if (idle !== undefined)
      try {
        return await use(rootIn(idle));
      } finally {
        await this.#keep(lowers, idle);
      }
    const [only, ...others] = lowers;
    if (only !== undefined && others.length === 0) return use(only);
    return withScratch(this.#store, async (scratch) => use(await this.#clone(lowers, scratch, { writable: false })));
  }

  writing<T>(lowers: readonly string[], use: (root: string) => Promise<T>): Promise<T> {
    return withScratch(this.#store, async (scratch) => use(await this.#clone(lowers, scratch, { writable: true })));
  }

  async changing({ lowers, epoch, process }: Beneath, change: (root: string) => Promise<void>): Promise<DiffId> {
    const { session } = this.#store;
    const scratch = this.#take(lowers) ?? (await this.#make(lowers));
    const root = rootIn(scratch);
    const upper = join(scratch, "upper");
    let next: readonly string[] | undefined;
    try {
      await change(root);
      const compared = await session.call("compare", { root, lowers, upper, epoch, process });
      const diffId = parseDiffId(compared.diffId);
      await publishLayer(this.#store, upper, diffId);
      if (compared.reusable) next = [...new Set([layerPath(this.#store.paths, diffId), ...lowers])];
      return diffId;
    } finally {
      if (next === undefined) await session.call("remove", { path: scratch });
      else await this.#keep(next, scratch);
    }
  }

  async #make(lowers: readonly string[]): Promise<string> {
    const scratch = await makeScratch(this.#store);
    try {
      await this.#clone(lowers, scratch, { writable: true });
      return scratch;
    } catch (error) {
      await this.#store.session.call("remove", { path: scratch }).catch(() => undefined);
      throw error;
    }
  }

  async #clone(
    lowers: readonly string[],
    scratch: string,
    { writable }: { readonly writable: boolean },
  ): Promise<string> {
    const target = rootIn(scratch);
    await this.#store.session.call("clone", { lowers, target, writable });
    return target;
  }

  #take(lowers: readonly string[]): string | undefined {
    const key = keyOf(lowers);
    const idle = this.#idle.get(key);
    this.#idle.delete(key);
    return idle;
  }

  /** Keeps a clone for whoever needs these layers next; the one that has waited longest makes room. */
  async #keep(lowers: readonly string[], scratch: string): Promise<void> {
    const remove = (path: string): Promise<unknown> => this.#store.session.call("remove", { path });
    const key = keyOf(lowers);
    if (this.#idle.has(key)) {
      await remove(scratch);
      return;
    }
    this.#idle.set(key, scratch);
    const [oldest] = this.#idle;
    if (oldest === undefined || this.#idle.size <= MOST_IDLE) return;
    this.#idle.delete(oldest[0]);
    await remove(oldest[1]);
  }
}

function rootIn(scratch: string): string {
  return join(scratch, "root");
}

function keyOf(lowers: readonly string[]): string {
  return lowers.join("\0");
}
