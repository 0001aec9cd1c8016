import type { Descriptor } from "../oci/descriptor.ts";
import { type DiffId, hexOf, parseDigest } from "../oci/digest.ts";
import { hasBlob } from "./blobs.ts";
import { writeDurably } from "./durable.ts";
import { recordPath, type StorePaths } from "./paths.ts";
import { isText, readUsed } from "./record.ts";
import { markUnsettled, type Store } from "./store.ts";
import { type InUse, isInUse, keep, keptLayer } from "./uses.ts";

/** Whether the layer lies unpacked in the store, which is a use of it. */
export function isUnpacked(store: InUse, diffId: DiffId): Promise<boolean> {
  return isInUse(store, keptLayer(store.paths, diffId));
}

/** Moves a finished directory to its place as the unpacked layer. The same layer from another build serves as well. */
export async function publishLayer(store: Store, from: string, diffId: DiffId): Promise<void> {
  await markUnsettled(store.paths, "layers", hexOf(diffId));
  await keep(store, from, keptLayer(store.paths, diffId));
}

/** The blob that carries a layer compressed, when the store has it complete; a use of it. */
export async function findPacked(store: InUse, diffId: DiffId): Promise<Descriptor | undefined> {
  const record = await readUsed(recordPath(store.paths.packed, diffId));
  const { mediaType, digest, size } = record ?? {};
  if (!isText(mediaType) || !isText(digest) || typeof size !== "number") return undefined;
  const blob: Descriptor = { mediaType, digest: parseDigest(digest), size };
  return (await hasBlob(store, blob)) ? blob : undefined;
}

/** Remembers which blob carries a layer, so that no layer is compressed or fetched twice. */
export async function rememberPacked(paths: StorePaths, diffId: DiffId, blob: Descriptor): Promise<void> {
  const { mediaType, digest, size } = blob;
  await writeDurably(recordPath(paths.packed, diffId), JSON.stringify({ mediaType, digest, size }));
}
