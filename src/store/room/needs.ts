import { join } from "node:path";
import { OciBuildError } from "../../errors.ts";
import { parseManifest } from "../../oci/manifest.ts";
import { type Digest, type DiffId, hexOf, parseDigest, parseDiffId } from "../../oci/digest.ts";
import { readDocument } from "../blobs.ts";
import { readImageDocuments } from "../image-documents.ts";
import { nameOf, readIndex } from "../index-file.ts";
import type { StorePaths } from "../paths.ts";
import { isText, readRecord } from "../record.ts";
import { type Found, filesIn, inParallel } from "./files.ts";

/** What the documents of a store name. Blobs and layers go by their hexadecimal digests, as files do. */
export interface Needs {
  /** Blobs of images that stay. */
  readonly tagged: ReadonlySet<string>;
  /** Documents of base images, by that of their manifest. */
  readonly bases: ReadonlyMap<string, readonly string[]>;
  /** Blobs of base images' layers. */
  readonly baseBlobs: ReadonlySet<string>;
  /** Layers that images and steps name. */
  readonly layers: ReadonlySet<string>;
  /** The blob that carries a layer, by the layer. */
  readonly packed: ReadonlyMap<string, string>;
  /** Layers by the record of the step that made them; undefined where records were not read. */
  readonly steps: ReadonlyMap<string, string> | undefined;
  /** Manifests by the record of the name that leads to them. */
  readonly references: ReadonlyMap<string, string>;
}

export interface Reading {
  /** Read the record of every step, of which there may be very many. */
  readonly withSteps: boolean;
  /** Images of the index that have no name stay as well. */
  readonly unnamedStay: boolean;
}

export async function readNeeds(paths: StorePaths, { withSteps, unnamedStay }: Reading): Promise<Needs> {
  const [tagged, baseBlobs, layers] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const bases = new Map<string, readonly string[]>();
  for (const entry of await readIndex(paths)) {
    if (nameOf(entry) === undefined && !unnamedStay) continue;
    tagged.add(hexOf(entry.digest));
    const image = await documentsOf(paths, entry.digest);
    for (const digest of [...(image?.blobs ?? []), ...(image?.documents ?? [])]) tagged.add(digest);
    for (const layer of image?.layers ?? []) layers.add(layer);
  }
  const references = await recordsIn(paths.references, ({ manifest }) => textDigest(manifest, parseDigest));
  for (const manifest of new Set(references.values())) {
    const image = await documentsOf(paths, parseDigest(`sha256:${manifest}`));
    if (image === undefined) continue;
    bases.set(manifest, image.documents);
    for (const digest of image.blobs) baseBlobs.add(digest);
    for (const layer of image.layers) layers.add(layer);
  }
  const packed = await recordsIn(paths.packed, ({ digest }) => textDigest(digest, parseDigest));
  const steps = withSteps ? await recordsIn(paths.steps, ({ diffId }) => textDigest(diffId, parseDiffId)) : undefined;
  for (const layer of steps?.values() ?? []) layers.add(layer);
  const byLayer = new Map([...packed].map(([name, blob]) => [name.replace(/\.json$/, ""), blob]));
  return { tagged, bases, baseBlobs, layers, packed: byLayer, steps, references };
}

interface Documents {
  readonly documents: readonly string[];
  readonly blobs: readonly string[];
  readonly layers: readonly string[];
}

async function documentsOf(paths: StorePaths, manifest: Digest): Promise<Documents | undefined> {
  try {
    const document = parseManifest(await readDocument(paths, manifest), { name: `blob ${manifest}` });
    if (document.kind === "index") {
      const parts = await Promise.all(document.manifests.map(({ digest }) => documentsOf(paths, digest)));
      return {
        documents: [hexOf(manifest), ...parts.flatMap((part) => part?.documents ?? [])],
        blobs: parts.flatMap((part) => part?.blobs ?? []),
        layers: parts.flatMap((part) => part?.layers ?? []),
      };
    }
    const { config, configDocument, layers } = await readImageDocuments(paths, manifest);
    return {
      documents: [hexOf(manifest), hexOf(config.digest)],
      blobs: layers.map(({ digest }) => hexOf(digest)),
      layers: configDocument.rootfs.diff_ids.map(hexOf),
    };
  } catch (error) {
    // Of an image that is not whole here, nothing is needed.
    if (error instanceof OciBuildError) return undefined;
    throw error;
  }
}

/** What each record of a directory tells, by the name of its file. */
async function recordsIn(
  directory: string,
  tell: (record: Readonly<Record<string, unknown>>) => string | undefined,
): Promise<ReadonlyMap<string, string>> {
  const files = (await filesIn(directory)).filter(({ name }: Found) => name.endsWith(".json"));
  const told = await inParallel(files, async ({ name }) => {
    const record = await readRecord(join(directory, name));
    const value = record === undefined ? undefined : tell(record);
    return value === undefined ? [] : [[name, value] as const];
  });
  return new Map(told.flat());
}

function textDigest(value: unknown, parse: (text: string) => Digest | DiffId): string | undefined {
  return isText(value) ? hexOf(parse(value)) : undefined;
}
