import { messageOf } from "../errors.ts";
import type { CacheKey } from "../oci/digest.ts";
import { parseRecord, type CacheRecord } from "./record.ts";
import type { CacheStorage } from "./storage.ts";

export interface Found {
  readonly record: CacheRecord;
  readonly storage: CacheStorage;
}

/**
 * The caches of `--cache-from`. All are asked at once, each for a key at most once, and the first of them that knows it
 * counts. A cache that answers nonsense, or not at all, is told of and left out from then on.
 */
export class CacheImports {
  readonly #storages: Set<CacheStorage>;
  readonly #tell: (warning: string) => void;
  readonly #found = new Map<CacheKey, Promise<Found | undefined>>();

  constructor(storages: readonly CacheStorage[], tell: (warning: string) => void) {
    this.#storages = new Set(storages);
    this.#tell = tell;
  }

  /** What a cache knows of a key. A layer that it names is one that it has, as far as can be told without reading it. */
  find(key: CacheKey): Promise<Found | undefined> {
    const asked = this.#found.get(key) ?? this.#ask(key);
    this.#found.set(key, asked);
    return asked;
  }

  /** Leaves a cache out for good. */
  drop(storage: CacheStorage, error: unknown): void {
    if (!this.#storages.delete(storage)) return;
    this.#found.clear();
    this.#tell(`the ${storage.name} is not used: ${messageOf(error)}`);
  }

  async #ask(key: CacheKey): Promise<Found | undefined> {
    const answers = await Promise.all([...this.#storages].map((storage) => this.#askOne(storage, key)));
    return answers.find((answer) => answer !== undefined);
  }

  async #askOne(storage: CacheStorage, key: CacheKey): Promise<Found | undefined> {
    try {
      const bytes = await storage.find(key);
      if (bytes === undefined) return undefined;
      const record = parseRecord(bytes, key, `the record of ${key} in the ${storage.name}`);
      return record.kind !== "step" || (await storage.holds(record.layer)) ? { record, storage } : undefined;
    } catch (error) {
      this.drop(storage, error);
      return undefined;
    }
  }
}
