import type { Readable } from "node:stream";
import type { Descriptor } from "../oci/descriptor.ts";
import type { CacheKey, Digest } from "../oci/digest.ts";

/** A place outside the store where step records and their layers are kept. Nothing that it answers is trusted. */
export interface CacheStorage {
  /** As messages call it, without credentials. */
  readonly name: string;
  /** The document of a key; undefined when there is none. */
  find(key: CacheKey): Promise<Uint8Array | undefined>;
  /** Whether it has the blob, in its full size. */
  holds(blob: Descriptor): Promise<boolean>;
  /** Opens a blob. The stream ends only if the bytes had the descriptor's size and digest. */
  open(blob: Descriptor): Promise<Readable>;
  /** Adds records, each after its layer. Others may add at the same time, and nothing of anybody is lost. */
  add(entries: readonly CacheEntry[], files: LayerFiles): Promise<void>;
}

export interface CacheEntry {
  readonly key: CacheKey;
  readonly document: Uint8Array;
  readonly layer?: Descriptor | undefined;
}

export interface LayerFiles {
  /** The complete file of a layer's blob. */
  path(digest: Digest): string;
  /** An empty directory for what is made on the way. */
  readonly workspace: string;
}
