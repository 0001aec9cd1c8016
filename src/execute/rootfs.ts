import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DiffId } from "../oci/digest.ts";
import type { InlineFile } from "../plan/step.ts";
import type { Chain } from "../solve/keys.ts";
import type { Store } from "../store/store.ts";
import type { LayerSupply } from "./supply.ts";

let counter = 0;

/** Layer directories, topmost first, and what a layer made upon them is to be like. */
export interface Beneath {
  readonly lowers: readonly string[];
  /** Seconds since 1970; new times later than this become this. */
  readonly epoch: number | undefined;
  /** Whether a process of the image may have written there. */
  readonly process: boolean;
}

/** How layers become a file system to work in. `lowers` are layer directories, topmost first. */
export interface Roots {
  /** Shows layers for as long as `use` works with them. Nothing may be written there. */
  reading<T>(lowers: readonly string[], use: (root: string) => Promise<T>): Promise<T>;
  /** As `reading`, but `use` may write; what it has written is thrown away. */
  writing<T>(lowers: readonly string[], use: (root: string) => Promise<T>): Promise<T>;
  /** Lets `change` work on a file system and keeps what it changed as a layer of the store. */
  changing(beneath: Beneath, change: (root: string) => Promise<void>): Promise<DiffId>;
}

/**
 * Directories of a chain's layers as a root is made of them: topmost first, and none twice. A chain may hold a layer twice, for example an
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
  const scratch = await makeScratch(store);
  return finallyDo(use(scratch), () => store.session.call("remove", { path: scratch }));
}

/** Makes a new folder of the workspace. */
export async function makeScratch(store: Store): Promise<string> {
  counter += 1;
  const scratch = join(store.workspace, `root-${counter}`);
  await mkdir(scratch);
  return scratch;
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
