import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { OciBuildError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { indexType } from "../oci/media-type.ts";
import { parseManifest, serialiseManifest } from "../oci/manifest.ts";
import { writeDurably } from "./durable.ts";
import type { StorePaths } from "./paths.ts";
import type { Store } from "./store.ts";

/** The annotation that names a manifest of an image layout; in a store its value is a full normalised name. */
export const REF_NAME = "org.opencontainers.image.ref.name";

/** The manifests of the store's index.json: one entry a name, and one without a name for an image that has none. */
export async function readIndex(paths: StorePaths): Promise<readonly Descriptor[]> {
  const document = parseManifest(await readFile(paths.index), { mediaType: indexType, name: paths.index });
  if (document.kind === "index") return document.manifests;
  throw new OciBuildError("store-damaged", `${paths.index} is not an image index`, {
    hint: "move it away and build or pull the images again",
  });
}

/** Digest of the manifest that a normalised name points to. */
export async function findByName(paths: StorePaths, name: string): Promise<Digest | undefined> {
  return (await readIndex(paths)).find((entry) => nameOf(entry) === name)?.digest;
}

export function nameOf(entry: Descriptor): string | undefined {
  return entry.annotations?.[REF_NAME];
}

/** Changes index.json as one step that other builds see before or after, never in between. */
export async function updateIndex(
  { paths, session }: Pick<Store, "paths" | "session">,
  change: (entries: readonly Descriptor[]) => readonly Descriptor[],
): Promise<void> {
  const { lock } = await session.call("lock", { path: join(paths.locks, "index"), shared: false, wait: true });
  try {
    const before = await readIndex(paths);
    const text = (manifests: readonly Descriptor[]): string =>
      serialiseManifest({ kind: "index", mediaType: indexType, manifests });
    const after = text(change(before));
    // A flush to the disk is a good part of a build in which nothing changed.
    if (after !== text(before)) await writeDurably(paths.index, after);
  } finally {
    await session.call("unlock", { lock });
  }
}

/** Points names to a manifest. A name in use moves; what loses its last name stays as an image without one. */
export function withNames(
  entries: readonly Descriptor[],
  manifest: Descriptor,
  names: readonly string[],
): readonly Descriptor[] {
  const bare = { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.size };
  const kept = entries.filter((entry) => {
    const name = nameOf(entry);
    if (name !== undefined) return !names.includes(name);
    return entry.digest !== manifest.digest;
  });
  const added = names.map((name) => ({ ...bare, annotations: { [REF_NAME]: name } }));
  const orphans = entries.filter((entry) => !kept.includes(entry) && entry.digest !== manifest.digest);
  const result = [
    ...kept,
    ...added,
    ...orphans.filter((o) => !kept.some((k) => k.digest === o.digest)).map(withoutName),
  ];
  return result.some((entry) => entry.digest === manifest.digest) ? result : [...result, bare];
}

function withoutName({ mediaType, digest, size, platform }: Descriptor): Descriptor {
  return { mediaType, digest, size, platform };
}
