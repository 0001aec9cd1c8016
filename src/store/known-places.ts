import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { OciBuildError } from "../errors.ts";
import { type Digest, parseDigest } from "../oci/digest.ts";
import { parseReference } from "../oci/reference.ts";
import { readImageDocuments } from "./image-documents.ts";
import type { StorePaths } from "./paths.ts";
import { isText, readRecord } from "./record.ts";

/** Repositories of a registry that had a blob when an image of it was pulled, by the blob's digest. */
export type KnownPlaces = ReadonlyMap<Digest, readonly string[]>;

/** Looks through the base images that the store knows. What cannot be read any more tells nothing. */
export async function knownPlaces(paths: StorePaths, registry: string): Promise<KnownPlaces> {
  const places = new Map<Digest, Set<string>>();
  for (const file of await readdir(paths.references)) {
    const { name, manifest } = (await readRecord(join(paths.references, file))) ?? {};
    if (!isText(name) || !isText(manifest)) continue;
    try {
      const reference = parseReference(name);
      if (reference.registry !== registry) continue;
      for (const { digest } of (await readImageDocuments(paths, parseDigest(manifest))).layers)
        places.set(digest, (places.get(digest) ?? new Set()).add(reference.repository));
    } catch (error) {
      if (!(error instanceof OciBuildError)) throw error;
    }
  }
  return new Map([...places].map(([digest, repositories]) => [digest, [...repositories]]));
}
