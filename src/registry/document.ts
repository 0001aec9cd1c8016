import { OciBuildError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { digestOf } from "../oci/hash.ts";
import { parseManifest, type Index, type Manifest } from "../oci/manifest.ts";
import { dockerIndexType, dockerManifestType, indexType, manifestType } from "../oci/media-type.ts";
import { familiarReference, type Reference } from "../oci/reference.ts";
import { discard } from "../http/discard.ts";
import { readBody } from "./body.ts";
import type { Get } from "./session.ts";
import { statusError } from "./status.ts";
import type { Response } from "../http/transport.ts";

export interface DocumentContext {
  readonly get: Get;
  /** A manifest, index or config that is here already; whatever it answers is checked. */
  readonly known: (digest: Digest) => Promise<Uint8Array | undefined>;
  readonly signal: AbortSignal;
}

/** A manifest or an index and its bytes. */
export interface Document {
  readonly parsed: Manifest | Index;
  readonly bytes: Uint8Array;
  readonly digest: Digest;
}

/** Bytes. Docker's and containerd's limit. */
const longestManifest = 4 * 1024 * 1024;

const accept = [manifestType, indexType, dockerManifestType, dockerIndexType].join(", ");

/** The document that the reference itself names, checked against its digest. */
export async function topDocument(context: DocumentContext, reference: Reference): Promise<Document> {
  const { selector } = reference;
  if (selector.kind === "tag") return await fetchDocument(context, reference, selector.tag);
  const here = await context.known(selector.digest);
  return here === undefined
    ? await fetchDocument(context, reference, selector.digest)
    : checkDocument(here, { reference, digest: selector.digest });
}

/** A document that an index names, checked against its descriptor. */
export async function documentOf(
  context: DocumentContext,
  reference: Reference,
  { digest, mediaType, size }: Descriptor,
): Promise<Document> {
  if (size > longestManifest) throw manifestTooLarge(reference);
  const here = await context.known(digest);
  const document =
    here === undefined
      ? await fetchDocument(context, reference, digest)
      : checkDocument(here, { reference, digest, mediaType });
  if (document.bytes.length === size && document.parsed.mediaType === mediaType) return document;
  throw new OciBuildError(
    "manifest-invalid",
    `the index of ${familiarReference(reference)} describes the manifest ${digest} as something else than it is`,
  );
}

async function fetchDocument(context: DocumentContext, reference: Reference, name: string): Promise<Document> {
  const { get, signal } = context;
  const response = await get(reference, { kind: "manifests", name, headers: { accept } }, signal);
  const contentType = response.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  checkStatus(response, reference, name, contentType);
  const bytes = await readBody(
    response,
    { limit: longestManifest, tooLong: () => manifestTooLarge(reference) },
    signal,
  );
  if (contentType === "text/html" || /^\s*</.test(Buffer.from(bytes.subarray(0, 100)).toString()))
    throw webPage(response, reference);
  const asked = name.startsWith("sha256:") ? name : response.headers["docker-content-digest"]?.toString();
  return checkDocument(bytes, { reference, digest: asked, mediaType: contentType });
}

interface Expected {
  readonly reference: Reference;
  readonly digest?: string | undefined;
  readonly mediaType?: string | undefined;
}

function checkDocument(bytes: Uint8Array, { reference, digest, mediaType }: Expected): Document {
  const actual = digestOf(bytes);
  const name = `the manifest of ${familiarReference(reference)}`;
  if (digest !== undefined && digest !== actual)
    throw new OciBuildError(
      "manifest-digest-mismatch",
      `${name} should have the digest ${JSON.stringify(digest.slice(0, 100))}, but has ${actual}`,
      {
        hint: "the registry or something on the way to it is at fault",
      },
    );
  return { parsed: parseManifest(bytes, { mediaType, name }), bytes, digest: actual };
}

function checkStatus(response: Response, reference: Reference, name: string, contentType: string | undefined): void {
  if (response.status === 200) return;
  discard(response);
  if (response.status !== 404) throw statusError(response, familiarReference(reference));
  const isDependent =
    reference.selector.kind === "tag" ? name !== reference.selector.tag : name !== reference.selector.digest;
  throw new OciBuildError(
    "image-not-found",
    `${reference.registry} has no image ${familiarReference(reference)}${isDependent ? `: its manifest ${name} is missing` : ""}`,
    {
      hint:
        contentType === "text/html"
          ? `${response.url.host} answered with a web page: check that it is a registry`
          : "check the name and the tag",
    },
  );
}

function manifestTooLarge(reference: Reference): OciBuildError {
  return new OciBuildError(
    "manifest-too-large",
    `the manifest of ${familiarReference(reference)} has more than ${longestManifest} bytes`,
    {
      hint: "no image needs as much: check that the name is that of an image",
    },
  );
}

function webPage(response: Response, reference: Reference): OciBuildError {
  return new OciBuildError(
    "registry-not-a-registry",
    `${response.url.host} answered with a web page instead of the manifest of ${familiarReference(reference)}`,
    {
      hint: "check the host name and the port, and that no login page of a network stands in between",
    },
  );
}
