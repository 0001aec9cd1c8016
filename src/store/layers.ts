import { access } from "node:fs/promises";
import type { Descriptor } from "../oci/descriptor.ts";
import { type DiffId, hexOf, parseDigest } from "../oci/digest.ts";
import { hasBlob } from "./blobs.ts";
import { isMissing, writeDurably } from "./durable.ts";
import { layerPath, recordPath, type StorePaths } from "./paths.ts";
import { isText, readRecord } from "./record.ts";
import { markUnsettled, type Store } from "./store.ts";

/** Whether the layer lies unpacked in the store. */
export async function isUnpacked(paths: StorePaths, diffId: DiffId): Promise<boolean> {
  try {
    await access(layerPath(paths, diffId));
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Moves a finished directory to its place as the unpacked layer. The same layer from another build serves as well. */
export async function publishLayer(store: Store, from: string, diffId: DiffId): Promise<void> {
  await markUnsettled(store.paths, "layers", hexOf(diffId));
  await store.session.call("publish", { from, to: layerPath(store.paths, diffId) });
}

/** The blob that carries a layer compressed, when the store has it complete. */
export async function findPacked(paths: StorePaths, diffId: DiffId): Promise<Descriptor | undefined> {
  const record = await readRecord(recordPath(paths.packed, diffId));
  const { mediaType, digest, size } = record ?? {};
  if (!isText(mediaType) || !isText(digest) || typeof size !== "number") return undefined;
  const blob: Descriptor = { mediaType, digest: parseDigest(digest), size };
  return (await hasBlob(paths, blob)) ? blob : undefined;
}

/** Remembers which blob carries a layer, so that no layer is compressed or fetched twice. */
export async function rememberPacked(paths: StorePaths, diffId: DiffId, blob: Descriptor): Promise<void> {
  const { mediaType, digest, size } = blob;
  await writeDurably(recordPath(paths.packed, diffId), JSON.stringify({ mediaType, digest, size }));
}
