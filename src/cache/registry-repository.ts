import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import type { Descriptor } from "../oci/descriptor.ts";
import { type CacheKey, hexOf } from "../oci/digest.ts";
import { manifestType } from "../oci/media-type.ts";
import { familiarReference, type Reference } from "../oci/reference.ts";
import { Jobs } from "../solve/jobs.ts";
import type { Registry } from "../registry/registry.ts";
import { cacheError, EMPTY_DOCUMENT, emptyDescriptor, RECORD_LIMIT } from "./record.ts";
import type { CacheEntry, CacheStorage, LayerFiles } from "./storage.ts";

/** BuildKit's caches, whose keys are made otherwise. */
const BUILDKIT = "application/vnd.buildkit.cacheconfig.v0";

/** Records beside each other; more only divides the same line. */
const PARALLEL = 4;

/**
 * `type=registry`: each record is a manifest under a tag of its own, `TAG-KEY`. Writers never write the same tag with another
 * meaning, so any number of them lose nothing of each other, and nothing has to be read before it is written.
 */
export class RegistryRepository implements CacheStorage {
  readonly name: string;
  readonly #reference: Reference;
  readonly #registry: Registry;
  readonly #signal: AbortSignal;
  #known: Promise<void> | undefined;

  /** @param reference with a tag of at most 63 characters, as `parseCacheFrom` sees to */
  constructor(reference: Reference, registry: Registry, signal: AbortSignal) {
    this.#reference = reference;
    this.#registry = registry;
    this.#signal = signal;
    this.name = `registry cache ${familiarReference(reference)}`;
  }

  async find(key: CacheKey): Promise<Uint8Array | undefined> {
    await (this.#known ??= this.#refuseForeign());
    return this.#registry.findManifest(this.#tagged(key), RECORD_LIMIT);
  }

  holds(blob: Descriptor): Promise<boolean> {
    return this.#registry.hasBlob(this.#reference, blob);
  }

  open(blob: Descriptor): Promise<Readable> {
    return this.#registry.openBlob(this.#reference, blob, { signal: this.#signal });
  }

  async add(entries: readonly CacheEntry[], layers: LayerFiles): Promise<void> {
    const empty = (): Readable => Readable.from([Buffer.from(EMPTY_DOCUMENT)], { objectMode: false });
    await this.#registry.pushBlob(this.#reference, emptyDescriptor, { open: empty });
    const jobs = new Jobs(PARALLEL);
    const adding = entries.map((entry) => jobs.run(() => this.#addOne(entry, layers)));
    await Promise.allSettled(adding);
    await Promise.all(adding);
  }

  /** The layer comes first: a record never names what is not there. */
  async #addOne({ key, document, layer }: CacheEntry, layers: LayerFiles): Promise<void> {
    if (layer !== undefined)
      await this.#registry.pushBlob(this.#reference, layer, {
        open: ({ start, end }) => createReadStream(layers.path(layer.digest), { start, end: end - 1 }),
      });
    await this.#registry.pushManifest(this.#tagged(key), { mediaType: manifestType, bytes: document });
  }

  #tagged(key: CacheKey): Reference {
    const { selector } = this.#reference;
    const tag = selector.kind === "tag" ? selector.tag : "latest";
    return { ...this.#reference, selector: { kind: "tag", tag: `${tag}-${hexOf(key)}` } };
  }

  /** Nothing of ours lies under the tag itself. */
  async #refuseForeign(): Promise<void> {
    const there = await this.#registry.findManifest(this.#reference, 4 * 1024 * 1024);
    if (there !== undefined && Buffer.from(there).includes(BUILDKIT))
      throw cacheError(
        `${familiarReference(this.#reference)} is a cache of BuildKit, whose keys are made otherwise`,
        "give oci-build a tag of its own",
      );
  }
}
