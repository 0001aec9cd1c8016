import { createHash, randomBytes } from "node:crypto";
import { open, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { OciBuildError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { hexOf } from "../oci/digest.ts";
import { digestOf } from "../oci/hash.ts";
import { diskError, isMissing } from "./durable.ts";
import { blobPath, type StorePaths } from "./paths.ts";
import type { Store } from "./store.ts";
import { type InUse, isInUse, keep, keptBlob } from "./uses.ts";

/** Whether the store holds the whole blob, which is a use of it: a blob gets its name only when it is complete. */
export async function hasBlob(store: InUse, { digest, size }: Pick<Descriptor, "digest" | "size">): Promise<boolean> {
  if (!(await isInUse(store, keptBlob(store.paths, digest)))) return false;
  try {
    return (await stat(blobPath(store.paths, digest))).size === size;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Stores a document held in memory. */
export async function putDocument(store: Store, document: Uint8Array): Promise<Digest> {
  const digest = digestOf(document);
  if (await hasBlob(store, { digest, size: document.length })) return digest;
  const path = join(store.workspace, `document-${hexOf(digest)}-${randomBytes(4).toString("hex")}`);
  try {
    await writeFile(path, document, { flush: true });
  } catch (error) {
    await rm(path, { force: true });
    throw diskError(error, path);
  }
  await adoptBlob(store, path, digest);
  return digest;
}

/** Reads a document and checks it against its digest. @throws OciBuildError `blob-missing`, `blob-damaged` */
export async function readDocument(paths: StorePaths, digest: Digest): Promise<Uint8Array> {
  const path = blobPath(paths, digest);
  const bytes = await readFile(path).catch((error: unknown) => {
    if (isMissing(error)) throw new OciBuildError("blob-missing", `the store has no blob ${digest}`);
    throw error;
  });
  // Documents are small, but reading one is on the path of every cached build: the fast hash.
  if (createHash("sha256").update(bytes).digest("hex") === hexOf(digest)) return bytes;
  throw new OciBuildError("blob-damaged", `${path} does not have the digest that it is named after`, {
    hint: "remove the file and build again",
  });
}

/** A blob that is being written to a temporary file of the workspace. */
export interface Arrival {
  readonly path: string;
  /** Settles when every byte is there, verified and flushed. */
  readonly verified: Promise<void>;
  /** Calls back with the number of bytes in the file, now and as it grows. */
  onGrowth(listener: (bytes: number) => void): void;
  /** Gives the verified blob its place in the store. */
  adopt(): Promise<void>;
}

/**
 * Writes a blob from a stream that verifies itself (digest and size; see registry/). The file exists when this
 * returns, so that unpacking can follow it.
 */
export async function receiveBlob(store: Store, descriptor: Descriptor, source: Readable): Promise<Arrival> {
  const path = join(store.workspace, `blob-${hexOf(descriptor.digest)}`);
  const file = await open(path, "w", 0o644);
  const listeners: ((bytes: number) => void)[] = [];
  let bytes = 0;
  const write = async (): Promise<void> => {
    try {
      for await (const chunk of source) {
        await file.appendFile(chunk as Buffer);
        bytes += (chunk as Buffer).length;
        for (const listener of listeners) listener(bytes);
      }
      await file.datasync();
    } catch (error) {
      source.destroy();
      await rm(path, { force: true });
      throw diskError(error, path);
    } finally {
      await file.close();
    }
  };
  const verified = write();
  verified.catch(() => undefined);
  return {
    path,
    verified,
    onGrowth: (listener) => {
      listeners.push(listener);
      listener(bytes);
    },
    adopt: () => adoptBlob(store, path, descriptor.digest),
  };
}

/** Gives a complete, verified and flushed file its place among the blobs. */
export function adoptBlob(store: InUse, file: string, digest: Digest): Promise<void> {
  return keep(store, file, keptBlob(store.paths, digest));
}
