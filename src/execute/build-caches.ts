import { CacheImports } from "../cache/imports.ts";
import { LocalDirectory } from "../cache/local-directory.ts";
import type { CacheSource, CacheTarget } from "../cache/parse-cache.ts";
import { type CacheRecord, serialiseRecord } from "../cache/record.ts";
import { RegistryRepository } from "../cache/registry-repository.ts";
import type { CacheEntry, CacheStorage } from "../cache/storage.ts";
import { messageOf } from "../errors.ts";
import type { CacheKey, Digest, DiffId } from "../oci/digest.ts";
import type { Registry } from "../registry/registry.ts";
import type { Chain } from "../solve/keys.ts";
import { blobPath } from "../store/paths.ts";
import type { Store } from "../store/store.ts";
import type { LayerSupply } from "./supply.ts";

export interface BuildCachesOptions {
  readonly store: Store;
  readonly supply: LayerSupply;
  readonly cacheFrom?: readonly CacheSource[] | undefined;
  /** The way to caches in registries. */
  readonly registry: Registry;
  readonly signal: AbortSignal;
  readonly tell: (warning: string) => void;
}

/** The caches outside the store that a build takes from, and what it has used that others may want to have. */
export class BuildCaches {
  readonly #options: BuildCachesOptions;
  readonly #imports: CacheImports;
  /** Layers that a cache promised and did not have, and how many these were when the work began. */
  #broken = 0;
  #brokenBefore = 0;
  readonly #used = new Map<CacheKey, CacheRecord | DiffId>();

  constructor(options: BuildCachesOptions) {
    this.#options = options;
    this.#imports = new CacheImports(
      (options.cacheFrom ?? []).map((source) => storageOf(source, options)),
      options.tell,
    );
  }

  /** Whether a cache has turned out to be broken since the work began that `unlessBroken` does: it will be done again. */
  get broken(): boolean {
    return this.#broken > this.#brokenBefore;
  }

  /** The layer that a cache knows for a step. It is fetched when something must read it. */
  async findStep(key: CacheKey): Promise<DiffId | undefined> {
    const found = await this.#imports.find(key);
    if (found?.record.kind !== "step") return undefined;
    const { storage, record } = found;
    this.#options.supply.offerCached(record.diffId, {
      name: storage.name,
      blob: record.layer,
      open: () => storage.open(record.layer),
      cache: storage,
      onBroken: (error) => {
        this.#broken += 1;
        this.#imports.drop(storage, error);
        // What else it has promised is not believed either.
        this.#options.supply.withdraw(storage);
      },
    });
    return record.diffId;
  }

  async findContent(key: CacheKey): Promise<string | undefined> {
    const record = (await this.#imports.find(key))?.record;
    return record?.kind === "content" ? record.digest : undefined;
  }

  async findOwner(key: CacheKey): Promise<string | undefined> {
    const record = (await this.#imports.find(key))?.record;
    return record?.kind === "owner" ? record.owner : undefined;
  }

  /** Notes what the build knows of a key now: for a step its layer. */
  use(key: CacheKey, known: CacheRecord | DiffId): void {
    this.#used.set(key, known);
  }

  /**
   * Does a build's work, and once more for each cache that turns out to be broken on the way: the steps whose layers it
   * promised then run.
   */
  async unlessBroken<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (;;) {
      this.#brokenBefore = this.#broken;
      try {
        return await work();
      } catch (error) {
        if (signal.aborted || !this.broken) throw error;
      }
    }
  }

  /**
   * Writes what the build has used into caches: all that it has looked up, and with `mode=min` only the layers of the image.
   * @throws OciBuildError as `writeOciDirectory`, unless the target says not to
   */
  async export(targets: readonly CacheTarget[], image: Chain): Promise<void> {
    for (const target of targets)
      try {
        await this.#exportTo(target, new Set(image));
      } catch (error) {
        if (!target.ignoreError) throw error;
        this.#options.tell(`the cache was not written: ${messageOf(error)}`);
      }
  }

  async #exportTo(target: CacheTarget, image: ReadonlySet<DiffId>): Promise<void> {
    const { paths, workspace } = this.#options.store;
    const storage = storageOf(target, this.#options);
    const entries: CacheEntry[] = [];
    for (const [key, known] of this.#used) {
      if (target.mode === "min" && typeof known === "string" && !image.has(known)) continue;
      // What it has already is neither packed nor fetched for it.
      if (!(await isKept(storage, key, known))) entries.push(await this.#entryOf(key, known));
    }
    if (entries.length === 0) return;
    await storage.add(entries, { path: (digest: Digest) => blobPath(paths, digest), workspace });
  }

  async #entryOf(key: CacheKey, known: CacheRecord | DiffId): Promise<CacheEntry> {
    if (typeof known !== "string") return { key, document: serialiseRecord(key, known) };
    const layer = await this.#options.supply.packed(known);
    return { key, layer, document: serialiseRecord(key, { kind: "step", diffId: known, layer }) };
  }
}

async function isKept(storage: CacheStorage, key: CacheKey, known: CacheRecord | DiffId): Promise<boolean> {
  // Nobody else has been asked: what is wrong with the old records does not matter when they are written anew.
  let usable = true;
  const found = await new CacheImports([storage], () => (usable = false)).find(key);
  if (!usable || found === undefined) return false;
  const { record } = found;
  return typeof known !== "string" || (record.kind === "step" && record.diffId === known);
}

function storageOf(source: CacheSource, { registry, signal }: BuildCachesOptions): CacheStorage {
  switch (source.kind) {
    case "local":
      return new LocalDirectory(source.directory);
    case "registry":
      return new RegistryRepository(source.reference, registry, signal);
  }
}
