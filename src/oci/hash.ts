import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { CacheKey, Digest } from "./digest.ts";

/** Digest of a document held in memory (config, manifest, index). Bulk bytes go through node:crypto or the helper. */
export function digestOf(document: string | Uint8Array): Digest {
  return hash(document) as Digest;
}

/** Key of a cache record whose inputs were written as canonical JSON. */
export function cacheKeyOf(canonicalInputs: string): CacheKey {
  return hash(canonicalInputs) as CacheKey;
}

function hash(document: string | Uint8Array): string {
  const bytes = typeof document === "string" ? utf8ToBytes(document) : document;
  return `sha256:${bytesToHex(sha256(bytes))}`;
}
