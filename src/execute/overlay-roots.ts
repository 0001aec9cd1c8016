import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type DiffId, parseDiffId } from "../oci/digest.ts";
import { publishLayer } from "../store/layers.ts";
import type { Store } from "../store/store.ts";
import { type Beneath, finallyDo, type Roots, withScratch } from "./rootfs.ts";

/** Roots by overlay mounts. A step writes into an upper directory, which *becomes* its layer. */
export class OverlayRoots implements Roots {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  reading<T>(lowers: readonly string[], use: (root: string) => Promise<T>): Promise<T> {
    const { session } = this.#store;
    return withScratch(this.#store, async (scratch) => {
      const target = join(scratch, "root");
      await session.call("mount", { lowers, target });
      return finallyDo(use(target), () => session.call("unmount", { target }));
    });
  }

  writing<T>(lowers: readonly string[], use: (root: string) => Promise<T>): Promise<T> {
    return this.#withWritable(lowers, ({ target }) => use(target));
  }

  changing({ lowers, epoch, process }: Beneath, change: (root: string) => Promise<void>): Promise<DiffId> {
    return this.#withWritable(lowers, async (root) => {
      const { target, upper } = root;
      await change(target);
      await root.unmount();
      const committed = await this.#store.session.call("commit", { upper, lowers, epoch, process });
      const diffId = parseDiffId(committed.diffId);
      await publishLayer(this.#store, upper, diffId);
      return diffId;
    });
  }

  async #withWritable<T>(lowers: readonly string[], use: (root: WritableRoot) => Promise<T>): Promise<T> {
    const { session } = this.#store;
    return withScratch(this.#store, async (scratch) => {
      const root = { target: join(scratch, "root"), upper: join(scratch, "upper"), work: join(scratch, "work") };
      await mkdir(root.upper);
      await mkdir(root.work);
      await session.call("mount", { lowers, ...root });
      let mounted = true;
      const unmount = async (): Promise<void> => {
        if (!mounted) return;
        mounted = false;
        await session.call("unmount", { target: root.target });
      };
      return finallyDo(use({ ...root, unmount }), unmount);
    });
  }
}

interface WritableRoot {
  readonly target: string;
  readonly upper: string;
  /** Ends the mount early; `upper` may then be moved away. */
  unmount(): Promise<void>;
}
