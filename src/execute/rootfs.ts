import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type DiffId, parseDiffId } from "../oci/digest.ts";
import type { InlineFile } from "../plan/step.ts";
import type { Chain } from "../solve/keys.ts";
import { publishLayer } from "../store/layers.ts";
import type { Store } from "../store/store.ts";
import type { LayerSupply } from "./supply.ts";

let counter = 0;

/** Mounts a chain of layers read-only for as long as `use` works with the mount point. */
export async function withMount<T>(
  store: Store,
  lowers: readonly string[],
  use: (root: string) => Promise<T>,
): Promise<T> {
  return withScratch(store, async (scratch) => {
    const target = join(scratch, "root");
    await store.session.call("mount", { lowers, target });
    return finallyDo(use(target), () => store.session.call("unmount", { target }));
  });
}

/** Mounts layers with a fresh writable directory on top, for as long as `use` works there. */
export async function withWritableMount<T>(
  store: Store,
  lowers: readonly string[],
  use: (root: WritableRoot) => Promise<T>,
): Promise<T> {
  return withScratch(store, async (scratch) => {
    const root = { target: join(scratch, "root"), upper: join(scratch, "upper"), work: join(scratch, "work") };
    await mkdir(root.upper);
    await mkdir(root.work);
    await store.session.call("mount", { lowers, ...root });
    let mounted = true;
    const unmount = async (): Promise<void> => {
      if (!mounted) return;
      mounted = false;
      await store.session.call("unmount", { target: root.target });
    };
    return finallyDo(use({ ...root, unmount }), unmount);
  });
}

export interface WritableRoot {
  readonly target: string;
  readonly upper: string;
  /** Ends the mount early; `upper` may then be moved away. */
  unmount(): Promise<void>;
}

export interface Committing {
  readonly store: Store;
  readonly supply: LayerSupply;
  readonly chain: Chain;
  /** Seconds since 1970; new times later than this become this. */
  readonly epoch: number | undefined;
  /** Whether a process of the image may have written there. */
  readonly process: boolean;
}

/** Lets `change` work on a file system and keeps what it changed as a layer. The upper directory *becomes* the layer. */
export async function makeLayer(
  { store, supply, chain, epoch, process }: Committing,
  change: (root: string) => Promise<void>,
): Promise<DiffId> {
  const lowers = await lowersOf(supply, chain);
  return withWritableMount(store, lowers, async (root) => {
    await change(root.target);
    await root.unmount();
    const committed = await store.session.call("commit", { upper: root.upper, lowers, epoch, process });
    const diffId = parseDiffId(committed.diffId);
    await publishLayer(store, root.upper, diffId);
    return diffId;
  });
}

/**
 * Directories of a chain's layers as overlayfs wants them: topmost first, and none twice. A chain may hold a layer twice, for example an
 * empty one; what it says below is what it says again on top.
 */
export async function lowersOf(supply: LayerSupply, chain: Chain): Promise<readonly string[]> {
  const paths = await Promise.all(chain.map((diffId) => supply.unpacked(diffId)));
  return [...new Set(paths.toReversed())];
}

/** Lays the file of a COPY's heredoc out in a directory for as long as `use` works there. */
export async function withInlineFile<T>(
  store: Store,
  { name, content }: InlineFile,
  use: (root: string) => Promise<T>,
): Promise<T> {
  return withScratch(store, async (root) => {
    await writeFile(join(root, name), content);
    await chmod(join(root, name), 0o644);
    return use(root);
  });
}

/** A folder of the workspace for as long as `use` works with it. */
export async function withScratch<T>(store: Store, use: (scratch: string) => Promise<T>): Promise<T> {
  counter += 1;
  const scratch = join(store.workspace, `root-${counter}`);
  await mkdir(scratch);
  return finallyDo(use(scratch), () => store.session.call("remove", { path: scratch }));
}

/** As `finally`, but when both fail it is the work's own failure that is thrown. */
export async function finallyDo<T>(work: Promise<T>, cleanUp: () => Promise<unknown>): Promise<T> {
  let result: T;
  try {
    result = await work;
  } catch (error) {
    await cleanUp().catch(() => undefined);
    throw error;
  }
  await cleanUp();
  return result;
}
