import { createHash, type Hash } from "node:crypto";
import { OciBuildError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";

/** The front of a blob that somebody has already: how long it is, and a sha256 that has read it. */
export interface PartialBlob {
  readonly offset: number;
  readonly hash: Hash;
}

/** The front of a blob of which nothing is there yet. */
export function nothingYet(): PartialBlob {
  return { offset: 0, hash: createHash("sha256") };
}

/**
 * Hands on the bytes of a blob. The digest is checked before the last piece goes out, so whoever has read a blob to its
 * whole size has read the right bytes; a blob that is too short or too long fails at its end.
 * @param start what lies before the first chunk
 * @param source where the blob comes from, for an error
 * @throws OciBuildError `blob-digest-mismatch`, `blob-size-mismatch`
 */
export async function* verified(chunks: AsyncIterable<Buffer>, descriptor: Descriptor, start: PartialBlob, source: string): AsyncGenerator<Buffer, void, undefined> {
  const { hash } = start;
  let length = start.offset;
  if (length === descriptor.size) checkDigest(hash, descriptor, source);
  for await (const chunk of chunks) {
    if (chunk.length === 0) continue;
    length += chunk.length;
    if (length > descriptor.size) throw sizeMismatch(descriptor, `more than ${descriptor.size}`, source);
    hash.update(chunk);
    if (length === descriptor.size) checkDigest(hash, descriptor, source);
    yield chunk;
  }
  if (length < descriptor.size) throw sizeMismatch(descriptor, String(length), source);
}

/** @param actual how many bytes there were instead */
export function sizeMismatch(descriptor: Descriptor, actual: string, source: string): OciBuildError {
  return new OciBuildError("blob-size-mismatch", `blob ${descriptor.digest} from ${source} has ${actual} bytes, but should have ${descriptor.size}`, {
    hint: "the registry or something on the way to it is at fault; nothing of the blob was kept",
  });
}

function checkDigest(hash: Hash, descriptor: Descriptor, source: string): void {
  const actual = `sha256:${hash.digest("hex")}`;
  if (actual === descriptor.digest) return;
  throw new OciBuildError("blob-digest-mismatch", `blob ${descriptor.digest} from ${source} has the digest ${actual}`, {
    hint: "the registry or something on the way to it is at fault; nothing of the blob was kept",
  });
}
