import { unlink } from "node:fs/promises";
import { OciBuildError } from "../errors.ts";
import { findHelper } from "../helper/find.ts";
import { type HelperSession, openSession } from "../helper/session.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import type { ImageConfig } from "../oci/image.ts";
import { formatReference, parseReference } from "../oci/reference.ts";
import { isMissing } from "./durable.ts";
import { nameOf, readIndex, updateIndex, withNames } from "./index-file.ts";
import { readImageDocuments } from "./image-documents.ts";
import { blobPath, type StorePaths, storePaths } from "./paths.ts";
import { prepare } from "./store.ts";

/** An image of the store, read from its index.json, manifest and config. */
export interface StoredImage {
  readonly manifest: Descriptor;
  readonly config: Descriptor;
  readonly configDocument: ImageConfig;
  /** Bottom first. */
  readonly layers: readonly Descriptor[];
  /** Normalised names that point to it, e.g. `docker.io/library/app:latest`; none for an image without a tag. */
  readonly names: readonly string[];
  /** Bytes of manifest, config and layers as stored. */
  readonly size: number;
}

/** What the image commands need of a store; opened with `openImages(root)`. */
export interface Images {
  list(): Promise<readonly StoredImage[]>;
  /** Finds an image by name, full digest, or an unambiguous start (at least 4 digits) of its manifest or config digest. @throws OciBuildError `image-unknown`, `image-ambiguous` */
  find(reference: string): Promise<StoredImage>;
  /** Points `name` (as the user wrote it) to the image; a name in use moves. */
  tag(reference: string, name: string): Promise<void>;
  /** Takes a name away, or with a digest the image and all its names. Layers stay for the build cache. */
  remove(reference: string): Promise<Removal>;
  close(): Promise<void>;
}

export interface Removal {
  readonly untagged: readonly string[];
  /** The image that went with its last name. */
  readonly deleted: Digest | undefined;
}

/** Opens the images of the store at `root`, making the store when it is missing. */
export async function openImages(root: string): Promise<Images> {
  const paths = storePaths(root);
  await prepare(paths);
  // Reading needs no helper; the first change starts one, for its lock.
  let session: Promise<HelperSession> | undefined;
  const locked = (): Promise<HelperSession> =>
    (session ??= openSession({ helper: findHelper(), namespace: false, stdio: "none" }));
  return {
    list: () => listImages(paths),
    find: (reference) => findImage(paths, reference),
    tag: async (reference, name) => {
      const { manifest } = await findImage(paths, reference);
      const normalised = formatReference(parseReference(name));
      await updateIndex({ paths, session: await locked() }, (entries) => {
        // An image without a name may have been cleared away since it was found.
        if (!entries.some(({ digest }) => digest === manifest.digest)) throw imageUnknown(reference);
        return withNames(entries, manifest, [normalised]);
      });
    },
    remove: async (reference) => removeImage(paths, await locked(), reference),
    close: async () => (await session)?.close(),
  };
}

async function listImages(paths: StorePaths): Promise<readonly StoredImage[]> {
  const names = new Map<Digest, { readonly entry: Descriptor; readonly names: string[] }>();
  for (const entry of await readIndex(paths)) {
    const known = names.get(entry.digest) ?? { entry, names: [] };
    names.set(entry.digest, known);
    const name = nameOf(entry);
    if (name !== undefined) known.names.push(name);
  }
  return Promise.all([...names.values()].map(({ entry, names: all }) => readImage(paths, entry, all)));
}

async function readImage(paths: StorePaths, entry: Descriptor, names: readonly string[]): Promise<StoredImage> {
  const { mediaType, digest, size } = entry;
  const { config, layers, configDocument } = await readImageDocuments(paths, digest);
  const total = [config, ...layers].reduce((sum, blob) => sum + blob.size, size);
  return { manifest: { mediaType, digest, size }, config, configDocument, layers, names, size: total };
}

/** As `Images.find`. */
export async function findImage(paths: StorePaths, reference: string): Promise<StoredImage> {
  const images = await listImages(paths);
  const named = byName(images, reference) ?? byDigest(images, reference);
  if (named !== undefined) return named;
  throw imageUnknown(reference);
}

function imageUnknown(reference: string): OciBuildError {
  return new OciBuildError("image-unknown", `the store has no image ${reference}`, {
    hint: "`oci-build images` lists what there is",
  });
}

function byName(images: readonly StoredImage[], reference: string): StoredImage | undefined {
  let name: string;
  try {
    name = formatReference(parseReference(reference));
  } catch (error) {
    if (error instanceof OciBuildError) return undefined;
    throw error;
  }
  return images.find((image) => image.names.includes(name));
}

function byDigest(images: readonly StoredImage[], reference: string): StoredImage | undefined {
  if (!isDigestStart(reference)) return undefined;
  const start = reference.startsWith("sha256:") ? reference : `sha256:${reference}`;
  const found = images.filter(
    ({ manifest, config }) => manifest.digest.startsWith(start) || config.digest.startsWith(start),
  );
  if (found.length > 1)
    throw new OciBuildError("image-ambiguous", `${reference} is the start of ${found.length} images`, {
      hint: "write more digits",
    });
  return found[0];
}

function isDigestStart(reference: string): boolean {
  return /^(sha256:)?[0-9a-f]{4,64}$/.test(reference);
}

async function removeImage(paths: StorePaths, session: HelperSession, reference: string): Promise<Removal> {
  const image = await findImage(paths, reference);
  const name = byName([image], reference) === undefined ? undefined : formatReference(parseReference(reference));
  const untagged = name === undefined ? image.names : [name];
  let last = false;
  await updateIndex({ paths, session }, (entries) => {
    const kept = entries.filter(
      (entry) => entry.digest !== image.manifest.digest || (name !== undefined && nameOf(entry) !== name),
    );
    last = !kept.some((entry) => entry.digest === image.manifest.digest);
    return kept;
  });
  if (!last) return { untagged, deleted: undefined };
  // Layers may serve other images and the build cache; the two documents are this image's own.
  for (const { digest } of [image.manifest, image.config]) await unlinkIfPresent(blobPath(paths, digest));
  return { untagged, deleted: image.manifest.digest };
}

async function unlinkIfPresent(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
}
