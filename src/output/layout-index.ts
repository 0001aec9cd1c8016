import { OciBuildError } from "../errors.ts";
import { splitTag } from "./familiar-name.ts";
import type { OutputImage } from "./output-image.ts";

/** https://github.com/opencontainers/image-spec/blob/main/image-layout.md#oci-layout-file */
export const layoutDocument = '{"imageLayoutVersion":"1.0.0"}';

const indexMediaType = "application/vnd.oci.image.index.v1+json";
const refName = "org.opencontainers.image.ref.name";
/** The full name, where containerd, docker and podman look for it; a ref.name is a bare tag in a layout. */
const imageName = "io.containerd.image.name";

/** An entry of index.json. What oci-build does not know is carried along. */
export interface IndexEntry {
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly [field: string]: unknown;
}

export interface LayoutIndex {
  readonly manifests: readonly IndexEntry[];
  readonly [field: string]: unknown;
}

export const emptyIndex: LayoutIndex = { schemaVersion: 2, mediaType: indexMediaType, manifests: [] };

/**
 * The entries that point to an image: one with `tag`, else one for each tag of its names, else one with `latest`. As two
 * entries with the same tag mean two images to many tools, the first name of a tag counts.
 */
export function entriesByTag(image: OutputImage, tag: string | undefined): readonly IndexEntry[] {
  if (tag !== undefined) return [entry(image, tag, image.names[0])];
  const byTag = new Map<string, string>();
  for (const name of image.names) {
    const nameTag = tagOf(name);
    if (!byTag.has(nameTag)) byTag.set(nameTag, name);
  }
  if (byTag.size === 0) return [entry(image, "latest", undefined)];
  return Array.from(byTag, ([nameTag, name]) => entry(image, nameTag, name));
}

/** One entry for each name, as `docker load` with containerd's image store wants it; a nameless one without names. */
export function entriesByName(image: OutputImage): readonly IndexEntry[] {
  if (image.names.length === 0) return [{ ...image.manifest }];
  return image.names.map((name) => entry(image, tagOf(name), name));
}

/** The index with `added`; entries whose tag one of them takes are gone. */
export function addEntries(index: LayoutIndex, added: readonly IndexEntry[]): LayoutIndex {
  const taken = new Set(added.map((one) => one.annotations?.[refName]));
  const kept = index.manifests.filter(
    (one) => one.annotations?.[refName] === undefined || !taken.has(one.annotations[refName]),
  );
  return { ...index, manifests: [...kept, ...added] };
}

export function serializeIndex(index: LayoutIndex): string {
  return `${JSON.stringify(index, undefined, 2)}\n`;
}

/** Reads an index.json as far as adding to it needs. @throws OciBuildError `layout-invalid` */
export function parseIndex(text: string, file: string): LayoutIndex {
  let index: unknown;
  try {
    index = JSON.parse(text);
  } catch (cause) {
    throw new OciBuildError("layout-invalid", `${file} is not JSON`, { cause });
  }
  if (
    isObject(index) &&
    index["schemaVersion"] === 2 &&
    Array.isArray(index["manifests"]) &&
    index["manifests"].every(isEntry)
  )
    return index as LayoutIndex;
  throw new OciBuildError("layout-invalid", `${file} is not the index of an image layout`);
}

function isEntry(value: unknown): value is IndexEntry {
  if (!isObject(value) || typeof value["digest"] !== "string") return false;
  return value["annotations"] === undefined || isObject(value["annotations"]);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function entry(image: OutputImage, tag: string, name: string | undefined): IndexEntry {
  const annotations = {
    ...image.manifest.annotations,
    ...(name === undefined ? {} : { [imageName]: name }),
    [refName]: tag,
  };
  return { ...image.manifest, annotations };
}

function tagOf(name: string): string {
  return splitTag(name)[1] ?? "latest";
}
