import { join } from "node:path";
import type { Readable } from "node:stream";
import { OciBuildError } from "../errors.ts";
import type { Compression, LayerLimits } from "../helper/messages.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { type Digest, type DiffId, hexOf, parseDigest } from "../oci/digest.ts";
import type { ResolvedImage } from "../oci/image.ts";
import { compressionOf, layerTypeOf } from "../oci/media-type.ts";
import type { Steps } from "../progress/steps.ts";
import { Jobs } from "../solve/jobs.ts";
import { type Arrival, adoptBlob, hasBlob, receiveBlob } from "../store/blobs.ts";
import { findPacked, isUnpacked, publishLayer, rememberPacked } from "../store/layers.ts";
import { blobPath, layerPath } from "../store/paths.ts";
import type { Store } from "../store/store.ts";

/** Opens the byte stream of an image's blob where it is kept. The stream verifies digest and size. */
export type OpenBlob = (image: ResolvedImage, blob: Descriptor) => Promise<Readable>;

export interface SupplyOptions {
  readonly store: Store;
  readonly openBlob: OpenBlob;
  /** What a layer from elsewhere may unpack to. */
  readonly limits: LayerLimits;
  /** Shows downloads; none when nobody watches. */
  readonly steps?: Steps | undefined;
}

/** Where a layer can be had. */
interface Origin {
  /** Of the image or the cache, as progress shows it. */
  readonly name: string;
  readonly blob: Descriptor;
  readonly open: () => Promise<Readable>;
}

/** A cache outside the store says that its blob is the layer, which is not so before it has been unpacked. */
export interface CachedOrigin extends Origin {
  /** The cache that says so. */
  readonly cache: object;
  /** Hears that the layer cannot be had from there. */
  readonly onBroken: (error: unknown) => void;
}

/** Downloads beside each other; more only divides the same line and makes memory grow. */
const PARALLEL_FETCHES = 3;

/**
 * Gets layers to where they are needed, each at most once and no earlier than asked: unpacked to be mounted, packed to
 * be part of an image. A download that must be unpacked too is unpacked while it arrives.
 */
export class LayerSupply {
  readonly #store: Store;
  readonly #options: SupplyOptions;
  readonly #origins = new Map<DiffId, Origin | CachedOrigin>();
  readonly #unpacked = new Map<DiffId, Promise<string>>();
  readonly #packed = new Map<DiffId, Promise<Descriptor>>();
  readonly #fetches = new Jobs(PARALLEL_FETCHES);
  readonly #arriving = new Map<Digest, Promise<void>>();

  constructor(options: SupplyOptions) {
    this.#store = options.store;
    this.#options = options;
  }

  /** Says where the layers of an image can be had: in its registry, unless `open` knows another place. */
  offer(image: ResolvedImage, open: OpenBlob = this.#options.openBlob): void {
    const { name } = image;
    for (const { diffId, blob } of image.layers)
      this.#origins.set(diffId, { name, blob, open: () => open(image, blob) });
  }

  /** Says that a cache has a layer. What is known of the layer already goes before it. */
  offerCached(diffId: DiffId, origin: CachedOrigin): void {
    if (!this.#origins.has(diffId)) this.#origins.set(diffId, origin);
  }

  /** Forgets what a cache has offered. */
  withdraw(cache: object): void {
    for (const [diffId, origin] of this.#origins)
      if (isCached(origin) && origin.cache === cache) this.#origins.delete(diffId);
  }

  /** Whether a layer can still be had, here or in a registry. */
  async has(diffId: DiffId): Promise<boolean> {
    return this.#origins.has(diffId) || (await this.isHere(diffId));
  }

  /** Whether a layer is in the store, packed or unpacked. */
  async isHere(diffId: DiffId): Promise<boolean> {
    return (await isUnpacked(this.#store, diffId)) || (await this.#findPacked(diffId)) !== undefined;
  }

  /** Directory of the unpacked layer. */
  unpacked(diffId: DiffId): Promise<string> {
    return once(this.#unpacked, diffId, async () => {
      const { paths } = this.#store;
      if (!(await isUnpacked(this.#store, diffId))) await this.#unpack(diffId);
      return layerPath(paths, diffId);
    });
  }

  /** Blob of the layer, complete in the store. */
  packed(diffId: DiffId): Promise<Descriptor> {
    return once(this.#packed, diffId, async () => (await this.#findPacked(diffId)) ?? (await this.#obtain(diffId)));
  }

  async #findPacked(diffId: DiffId): Promise<Descriptor | undefined> {
    const remembered = await findPacked(this.#store, diffId);
    if (remembered !== undefined) return remembered;
    const origin = this.#origins.get(diffId);
    if (origin === undefined || isCached(origin)) return undefined;
    return (await hasBlob(this.#store, origin.blob)) ? origin.blob : undefined;
  }

  async #obtain(diffId: DiffId): Promise<Descriptor> {
    const origin = this.#origins.get(diffId);
    if (origin === undefined) return this.#pack(diffId);
    // An unpacking under way fetches the blob as well, and only one tells whether a cache has told the truth.
    await (isCached(origin) ? this.unpacked(diffId) : this.#unpacked.get(diffId));
    while (!(await hasBlob(this.#store, origin.blob))) await this.#fetch(origin, () => Promise.resolve());
    await rememberPacked(this.#store.paths, diffId, origin.blob);
    return origin.blob;
  }

  async #pack(diffId: DiffId): Promise<Descriptor> {
    const { paths, session, workspace } = this.#store;
    const target = join(workspace, `packed-${hexOf(diffId)}`);
    const { digest, size } = await session.call("pack", {
      layer: layerPath(paths, diffId),
      compression: "gzip",
      target,
      expected: diffId,
    });
    const blob = { mediaType: layerTypeOf("gzip"), digest: parseDigest(digest), size };
    await adoptBlob(this.#store, target, blob.digest);
    await rememberPacked(paths, diffId, blob);
    return blob;
  }

  async #unpack(diffId: DiffId): Promise<void> {
    const store = this.#store;
    const target = join(store.workspace, `unpack-${hexOf(diffId)}`);
    const packed = await this.#findPacked(diffId);
    if (packed !== undefined) {
      const blob = blobPath(store.paths, packed.digest);
      await store.session.call("apply", {
        blob,
        compression: compression(packed),
        growing: false,
        target,
        expected: diffId,
        limits: this.#options.limits,
      });
    } else {
      const origin = this.#origins.get(diffId);
      if (origin === undefined) throw new OciBuildError("layer-missing", `the store has lost layer ${diffId}`);
      // Whoever fetches it just now, to have it packed, leaves the blob.
      if (!(await this.#unpackFrom(origin, target, diffId))) return this.#unpack(diffId);
      await rememberPacked(store.paths, diffId, origin.blob);
    }
    await publishLayer(store, target, diffId);
  }

  async #unpackFrom(origin: Origin | CachedOrigin, target: string, diffId: DiffId): Promise<boolean> {
    const following = { target, diffId, blob: origin.blob };
    try {
      return await this.#fetch(origin, (arrival) => this.#unpackWhileArriving(arrival, following));
    } catch (error) {
      if (!isCached(origin)) throw error;
      // The step may run instead, and come to the same layer.
      this.#origins.delete(diffId);
      await this.#store.session.call("remove", { path: target });
      origin.onBroken(error);
      throw error;
    }
  }

  async #unpackWhileArriving(arrival: Arrival, { target, diffId, blob }: Following): Promise<void> {
    const call = this.#store.session.start("apply", {
      blob: arrival.path,
      compression: compression(blob),
      growing: true,
      target,
      expected: diffId,
      limits: this.#options.limits,
    });
    arrival.onGrowth((bytes) => call.notify({ kind: "grew", bytes }));
    arrival.verified.then(
      () => call.notify({ kind: "complete", bytes: blob.size }),
      () => call.notify({ kind: "abandoned" }),
    );
    // A broken download explains itself better than the unpacking that it starved.
    await Promise.all([arrival.verified, call.result]);
  }

  /** Answers false when the blob was on its way for somebody else, whose fetch has ended now. */
  async #fetch(origin: Origin, follow: (arrival: Arrival) => Promise<void>): Promise<boolean> {
    const { digest } = origin.blob;
    const other = this.#arriving.get(digest);
    if (other !== undefined) {
      await other.catch(() => undefined);
      return false;
    }
    const arriving = this.#fetches.run(() => this.#fetchAlone(origin, follow));
    this.#arriving.set(digest, arriving);
    try {
      await arriving;
      return true;
    } finally {
      this.#arriving.delete(digest);
    }
  }

  #fetchAlone(origin: Origin, follow: (arrival: Arrival) => Promise<void>): Promise<void> {
    const { steps } = this.#options;
    if (steps === undefined) return this.#download(origin, follow, () => undefined);
    const { name, blob } = origin;
    return steps.run(`pull ${name} layer ${blob.digest}`, async (step) => {
      await this.#download(origin, follow, (done) =>
        steps.emit({ kind: "step-progress", step, label: "pulling", done, total: blob.size }),
      );
      return { value: undefined, cached: false };
    });
  }

  async #download(
    { blob, open }: Origin,
    follow: (arrival: Arrival) => Promise<void>,
    onBytes: (done: number) => void,
  ): Promise<void> {
    const arrival = await receiveBlob(this.#store, blob, await open());
    arrival.onGrowth(onBytes);
    await Promise.all([arrival.verified, follow(arrival)]);
    await arrival.adopt();
  }
}

function isCached(origin: Origin | CachedOrigin): origin is CachedOrigin {
  return "onBroken" in origin;
}

interface Following {
  readonly target: string;
  readonly diffId: DiffId;
  readonly blob: Descriptor;
}

function compression(blob: Descriptor): Compression {
  const found = compressionOf(blob.mediaType);
  if (found !== undefined) return found;
  throw new OciBuildError(
    "layer-unsupported",
    `layer ${blob.digest} has the media type ${blob.mediaType}, which oci-build cannot unpack`,
  );
}

/** The promise that is under way or done for a key; a failed one is forgotten. */
function once<K, V>(memory: Map<K, Promise<V>>, key: K, make: () => Promise<V>): Promise<V> {
  const known = memory.get(key);
  if (known !== undefined) return known;
  const promise = make();
  memory.set(key, promise);
  promise.catch(() => memory.delete(key));
  return promise;
}
