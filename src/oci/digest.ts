import { OciBuildError } from "../errors.ts";

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** Content address of a blob as it is stored and sent, e.g. of a compressed layer: `sha256:` and 64 hex digits. */
export type Digest = Branded<"Digest">;
/** Content address of a layer's uncompressed tar, as in a config's `rootfs.diff_ids`. */
export type DiffId = Branded<"DiffId">;
/** Address of a step's inputs in the build cache. */
export type CacheKey = Branded<"CacheKey">;

const form = /^sha256:[0-9a-f]{64}$/;

/**
 * Reads a blob digest. Only sha256 in lower-case hex is accepted: anything else could be used as a path
 * (https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests).
 * @throws OciBuildError `digest-invalid`
 */
export function parseDigest(text: string): Digest {
  return check(text) as Digest;
}

/** Reads a diffID. @throws OciBuildError `digest-invalid` */
export function parseDiffId(text: string): DiffId {
  return check(text) as DiffId;
}

/** Reads the address of a step's inputs. @throws OciBuildError `digest-invalid` */
export function parseCacheKey(text: string): CacheKey {
  return check(text) as CacheKey;
}

/** The 64 hex digits, as they name a file in `blobs/sha256`. */
export function hexOf(digest: Digest | DiffId | CacheKey): string {
  return digest.slice("sha256:".length);
}

function check(text: string): string {
  if (form.test(text)) return text;
  throw new OciBuildError("digest-invalid", `not a sha256 digest: ${JSON.stringify(text.slice(0, 100))}`);
}
