import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { Descriptor } from "../oci/descriptor.ts";
import { type CacheKey, type Digest, hexOf, parseDigest } from "../oci/digest.ts";
import { digestOf } from "../oci/hash.ts";
import { manifestType } from "../oci/media-type.ts";
import { parseIndex } from "../output/layout-index.ts";
import { addToLayout } from "../output/oci-directory.ts";
import { layoutBlob, openInLayout } from "../registry/layout.ts";
import { cacheError, EMPTY_DOCUMENT, emptyDescriptor, RECORD_LIMIT } from "./record.ts";
import type { CacheEntry, CacheStorage, LayerFiles } from "./storage.ts";

const REF_NAME = "org.opencontainers.image.ref.name";
/** Room for some hundred thousand records. Bytes. */
const INDEX_LIMIT = 128 * 1024 * 1024;

/** `type=local`: an OCI image layout in which each record is a manifest with a tag made of its key. */
export class LocalDirectory implements CacheStorage {
  readonly name: string;
  readonly #directory: string;
  #index: Promise<ReadonlyMap<string, Digest>> | undefined;

  constructor(directory: string) {
    this.#directory = directory;
    this.name = `local cache ${directory}`;
  }

  async find(key: CacheKey): Promise<Uint8Array | undefined> {
    this.#index ??= this.#readIndex();
    const digest = (await this.#index).get(tagOf(key));
    if (digest === undefined) return undefined;
    const bytes = await readBounded(layoutBlob(this.#directory, digest), RECORD_LIMIT);
    if (digestOf(bytes) === digest) return bytes;
    throw cacheError(`the record ${digest} of ${this.name} is damaged`);
  }

  async holds(blob: Descriptor): Promise<boolean> {
    try {
      const found = await stat(layoutBlob(this.#directory, blob.digest));
      return found.isFile() && found.size === blob.size;
    } catch {
      return false;
    }
  }

  open(blob: Descriptor): Promise<Readable> {
    return Promise.resolve(openInLayout(this.#directory, blob));
  }

  async add(entries: readonly CacheEntry[], layers: LayerFiles): Promise<void> {
    const documents = new Map<Digest, string>();
    const documentOf = async (mediaType: string, bytes: Uint8Array): Promise<Descriptor> => {
      const digest = digestOf(bytes);
      const file = join(layers.workspace, `record-${hexOf(digest)}`);
      await writeFile(file, bytes);
      documents.set(digest, file);
      return { mediaType, digest, size: bytes.length };
    };
    const blobs = [await documentOf(emptyDescriptor.mediaType, Buffer.from(EMPTY_DOCUMENT))];
    const tagged = [];
    for (const { key, document, layer } of entries) {
      const manifest = await documentOf(manifestType, document);
      if (layer !== undefined) blobs.push(layer);
      blobs.push(manifest);
      tagged.push({ ...manifest, annotations: { [REF_NAME]: tagOf(key) } });
    }
    const files = { path: (digest: Digest) => documents.get(digest) ?? layers.path(digest) };
    await addToLayout(this.#directory, { blobs, entries: tagged }, files);
  }

  async #readIndex(): Promise<ReadonlyMap<string, Digest>> {
    const file = join(this.#directory, "index.json");
    const index = parseIndex((await readBounded(file, INDEX_LIMIT)).toString("utf8"), file);
    const found = new Map<string, Digest>();
    for (const { annotations, digest } of index.manifests) {
      const tag: unknown = annotations?.[REF_NAME];
      if (typeof tag === "string" && typeof digest === "string") found.set(tag, parseDigest(digest));
    }
    return found;
  }
}

/** A pipe or a device would be waited for, and a file without end read, for ever. */
async function readBounded(file: string, limit: number): Promise<Buffer> {
  const found = await stat(file).catch((cause: unknown) => {
    throw cacheError(`there is no ${file}`, undefined, cause);
  });
  if (!found.isFile() || found.size > limit) throw cacheError(`${file} is no file of at most ${limit} bytes`);
  return readFile(file);
}

function tagOf(key: CacheKey): string {
  return `cache-${hexOf(key)}`;
}
