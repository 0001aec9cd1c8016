import { join } from "node:path";
import { type CacheKey, type DiffId, type Digest, hexOf } from "../oci/digest.ts";

/** Where things lie in a store (docs/architecture.md, "The store"). */
export interface StorePaths {
  readonly root: string;
  readonly index: string;
  readonly layout: string;
  readonly blobs: string;
  readonly layers: string;
  readonly unsettled: string;
  readonly packed: string;
  readonly steps: string;
  readonly contents: string;
  /** What the last build of each Dockerfile did. */
  readonly builds: string;
  readonly references: string;
  readonly statCaches: string;
  /** Cache mounts. */
  readonly mounts: string;
  readonly downloads: string;
  readonly trees: string;
  /** When layers, blobs, trees and downloads were used last. */
  readonly uses: string;
  /** How much room layers and trees take: they never change. */
  readonly sizes: string;
  readonly work: string;
  readonly locks: string;
}

export function storePaths(root: string): StorePaths {
  return {
    root,
    index: join(root, "index.json"),
    layout: join(root, "oci-layout"),
    blobs: join(root, "blobs", "sha256"),
    layers: join(root, "layers"),
    unsettled: join(root, "unsettled"),
    packed: join(root, "packed"),
    steps: join(root, "steps"),
    contents: join(root, "contents"),
    builds: join(root, "builds"),
    references: join(root, "references"),
    statCaches: join(root, "stat"),
    mounts: join(root, "mounts"),
    downloads: join(root, "downloads"),
    trees: join(root, "trees"),
    uses: join(root, "uses"),
    sizes: join(root, "sizes"),
    work: join(root, "work"),
    locks: join(root, "locks"),
  };
}

export function blobPath(paths: StorePaths, digest: Digest): string {
  return join(paths.blobs, hexOf(digest));
}

export function layerPath(paths: StorePaths, diffId: DiffId): string {
  return join(paths.layers, hexOf(diffId));
}

export function recordPath(directory: string, key: CacheKey | DiffId): string {
  return join(directory, `${hexOf(key)}.json`);
}
