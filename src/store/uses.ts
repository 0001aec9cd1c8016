import { access } from "node:fs/promises";
import { basename, join } from "node:path";
import { type Digest, type DiffId, hexOf } from "../oci/digest.ts";
import { isMissing, touch } from "./durable.ts";
import { blobPath, layerPath, type StorePaths } from "./paths.ts";
import type { Store } from "./store.ts";

/** What of a store is large enough to be taken away when nobody uses it, and is relied on by builds while they run. */
export type KeptKind = "blobs" | "layers" | "trees" | "downloads";

export interface Kept {
  readonly kind: KeptKind;
  readonly path: string;
}

/** What noting a use needs of a store. */
export type InUse = Pick<Store, "paths" | "session">;

export function keptBlob(paths: StorePaths, digest: Digest): Kept {
  return { kind: "blobs", path: blobPath(paths, digest) };
}

export function keptLayer(paths: StorePaths, diffId: DiffId): Kept {
  return { kind: "layers", path: layerPath(paths, diffId) };
}

export function keptTreeAt(path: string): Kept {
  return { kind: "trees", path };
}

export function keptDownload(paths: StorePaths, digest: Digest): Kept {
  return { kind: "downloads", path: join(paths.downloads, hexOf(digest)) };
}

/** The file whose time tells when something was used last. */
export function markOf(paths: StorePaths, { kind, path }: Kept): string {
  return join(paths.uses, `${kind}-${basename(path)}`);
}

/** The lock that uses share, and that whoever makes room holds alone (room.rs of the helper). */
export function roomLock(paths: StorePaths): string {
  return join(paths.locks, "room");
}

/**
 * Whether something is in the store, and notes that it is used now: it then stays for as long as this session does. A
 * mark that exists may be touched without asking the helper, which is what cached builds do most.
 */
export async function isInUse({ paths, session }: InUse, kept: Kept): Promise<boolean> {
  const mark = markOf(paths, kept);
  const marked = touch(mark);
  if (!(await exists(kept.path))) return false;
  if (marked) return true;
  const { present } = await session.call("use", { room: roomLock(paths), uses: [{ path: kept.path, mark }] });
  return present[0] === true;
}

/** Gives something finished its name in the store, as used now. A directory that is there already stays, a file is replaced. */
export async function keep({ paths, session }: InUse, from: string, kept: Kept): Promise<void> {
  await session.call("keep", { from, to: kept.path, mark: markOf(paths, kept), room: roomLock(paths) });
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
