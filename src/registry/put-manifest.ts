import { OciBuildError } from "../errors.ts";
import { discard } from "../http/discard.ts";
import { digestOf } from "../oci/hash.ts";
import { familiarReference, type Reference } from "../oci/reference.ts";
import { refusalOf } from "./refusal.ts";
import type { Ask } from "./session.ts";

/** A manifest or an index, byte by byte. */
export interface ManifestBytes {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/**
 * Puts a document under the tag or the digest of a reference. What it names must be there already.
 * @throws OciBuildError `registry-…`, `upload-refused`, `registry-protocol` when the registry has made another document of it
 */
export async function putManifest(
  ask: Ask,
  reference: Reference,
  { mediaType, bytes, signal }: ManifestBytes & { readonly signal: AbortSignal },
): Promise<void> {
  const { selector } = reference;
  const name = selector.kind === "tag" ? selector.tag : selector.digest;
  const response = await ask(
    reference,
    {
      method: "PUT",
      target: `manifests/${name}`,
      headers: { "content-type": mediaType },
      body: bytes,
      scopes: [`repository:${reference.repository}:pull,push`],
    },
    signal,
  );
  if (response.status !== 201)
    throw await refusalOf(response, { reference, what: `the manifest of ${familiarReference(reference)}` }, signal);
  discard(response);
  const there = response.headers["docker-content-digest"]?.toString();
  const expected = digestOf(bytes);
  if (there === undefined || there === expected) return;
  throw new OciBuildError(
    "registry-protocol",
    `${response.url.host} made another document of the manifest of ${familiarReference(reference)}: ${there.slice(0, 100)} instead of ${expected}`,
    { hint: "the registry rewrites manifests; push another format, or use another registry" },
  );
}
