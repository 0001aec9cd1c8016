import { OciBuildError } from "../errors.ts";
import { choosePlatform } from "../oci/choose-platform.ts";
import { parseImageConfig, platformOf } from "../oci/config.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { digestOf } from "../oci/hash.ts";
import type { ImageConfig, ImageLayer, ResolvedImage } from "../oci/image.ts";
import { parseManifest, type Index, type Manifest } from "../oci/manifest.ts";
import { compressionOf, dockerIndexType, dockerManifestType, indexType, isConfigType, manifestType, ociTypeOf } from "../oci/media-type.ts";
import type { Platform } from "../oci/platform.ts";
import { familiarReference, formatReference, type Reference } from "../oci/reference.ts";
import { discard, readBody } from "./body.ts";
import type { Get } from "./session.ts";
import { statusError } from "./status.ts";
import type { Response } from "./transport.ts";

/** An image and the documents that describe it, byte by byte as the registry has them. */
export interface Resolution {
  readonly image: ResolvedImage;
  readonly documents: {
    readonly manifest: Uint8Array;
    readonly config: Uint8Array;
    readonly manifestDescriptor: Descriptor;
    readonly configDescriptor: Descriptor;
  };
}

export interface ResolveContext {
  readonly get: Get;
  readonly openBlob: (reference: Reference, descriptor: Descriptor) => Promise<AsyncIterable<Buffer>>;
  /** A manifest, index or config that is here already; whatever it answers is checked. */
  readonly known: (digest: Digest) => Promise<Uint8Array | undefined>;
  readonly signal: AbortSignal;
}

/** A manifest or an index and its bytes. */
interface Document {
  readonly parsed: Manifest | Index;
  readonly bytes: Uint8Array;
  readonly digest: Digest;
}

/** Bytes. Docker's and containerd's limit for manifests; configs of real images stay below 1 MiB. */
const longestManifest = 4 * 1024 * 1024;
const longestConfig = 8 * 1024 * 1024;
const deepestIndex = 3;

const accept = [manifestType, indexType, dockerManifestType, dockerIndexType].join(", ");

/**
 * Finds the image that a reference means for a platform. A manifest that stands alone is taken whatever its platform is,
 * as docker does; `image.platform` tells. Layers are given OCI's media types.
 */
export async function resolve(context: ResolveContext, reference: Reference, platform: Platform): Promise<Resolution> {
  const { manifest, bytes, digest } = await resolveManifest(context, reference, platform);
  const name = familiarReference(reference);
  checkIsImage(manifest, name);
  const configBytes = await readConfig(context, reference, manifest.config);
  const config = parseImageConfig(configBytes, { layers: manifest.layers.length, name: `the config of ${name}` });
  return {
    image: { name: formatReference(reference), manifestDigest: digest, platform: platformOf(config), config, layers: layersOf(manifest, config) },
    documents: {
      manifest: bytes,
      config: configBytes,
      manifestDescriptor: { mediaType: manifest.mediaType, digest, size: bytes.length },
      configDescriptor: manifest.config,
    },
  };
}

async function resolveManifest(context: ResolveContext, reference: Reference, platform: Platform): Promise<{ manifest: Manifest; bytes: Uint8Array; digest: Digest }> {
  let document = await topDocument(context, reference);
  for (let depth = 0; document.parsed.kind === "index"; depth++) {
    if (depth === deepestIndex) throw new OciBuildError("manifest-invalid", `the index of ${familiarReference(reference)} holds indexes more than ${deepestIndex} deep`);
    const entry = choosePlatform(document.parsed, platform, familiarReference(reference));
    document = await documentOf(context, reference, entry);
  }
  return { manifest: document.parsed, bytes: document.bytes, digest: document.digest };
}

/** The document that the reference itself names. */
async function topDocument(context: ResolveContext, reference: Reference): Promise<Document> {
  const { selector } = reference;
  if (selector.kind === "tag") return await fetchDocument(context, reference, selector.tag);
  const here = await context.known(selector.digest);
  return here === undefined ? await fetchDocument(context, reference, selector.digest) : checkDocument(here, { reference, digest: selector.digest });
}

/** A document that an index names. */
async function documentOf(context: ResolveContext, reference: Reference, { digest, mediaType, size }: Descriptor): Promise<Document> {
  if (size > longestManifest) throw manifestTooLarge(reference);
  const here = await context.known(digest);
  const document = here === undefined ? await fetchDocument(context, reference, digest) : checkDocument(here, { reference, digest, mediaType });
  if (document.bytes.length === size && document.parsed.mediaType === mediaType) return document;
  throw new OciBuildError("manifest-invalid", `the index of ${familiarReference(reference)} describes the manifest ${digest} as something else than it is`);
}

async function fetchDocument(context: ResolveContext, reference: Reference, name: string): Promise<Document> {
  const { get, signal } = context;
  const response = await get(reference, { kind: "manifests", name, headers: { accept } }, signal);
  const contentType = response.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  checkStatus(response, reference, name, contentType);
  const bytes = await readBody(response, longestManifest, () => manifestTooLarge(reference), signal);
  if (contentType === "text/html" || /^\s*</.test(Buffer.from(bytes.subarray(0, 100)).toString())) throw webPage(response, reference);
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
    throw new OciBuildError("manifest-digest-mismatch", `${name} should have the digest ${JSON.stringify(digest.slice(0, 100))}, but has ${actual}`, {
      hint: "the registry or something on the way to it is at fault",
    });
  return { parsed: parseManifest(bytes, { mediaType, name }), bytes, digest: actual };
}

function checkStatus(response: Response, reference: Reference, name: string, contentType: string | undefined): void {
  if (response.status === 200) return;
  discard(response);
  if (response.status !== 404) throw statusError(response, familiarReference(reference));
  const isDependent = reference.selector.kind === "tag" ? name !== reference.selector.tag : name !== reference.selector.digest;
  throw new OciBuildError("image-not-found", `${reference.registry} has no image ${familiarReference(reference)}${isDependent ? `: its manifest ${name} is missing` : ""}`, {
    hint: contentType === "text/html" ? `${response.url.host} answered with a web page: check that it is a registry` : "check the name and the tag",
  });
}

function checkIsImage({ config, layers }: Manifest, name: string): void {
  if (!isConfigType(config.mediaType)) throw notAnImage(name, `its config has the type ${JSON.stringify(config.mediaType.slice(0, 100))}`);
  const odd = layers.find(({ mediaType }) => compressionOf(mediaType) === undefined);
  if (odd !== undefined) throw notAnImage(name, `it has a layer of the type ${JSON.stringify(odd.mediaType.slice(0, 100))}`);
}

async function readConfig(context: ResolveContext, reference: Reference, descriptor: Descriptor): Promise<Uint8Array> {
  if (descriptor.size > longestConfig)
    throw new OciBuildError("config-too-large", `the config of ${familiarReference(reference)} has ${descriptor.size} bytes, more than the ${longestConfig} that are read`);
  const here = await context.known(descriptor.digest);
  if (here !== undefined && digestOf(here) === descriptor.digest) return here;
  const chunks: Buffer[] = [];
  for await (const chunk of await context.openBlob(reference, descriptor)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** `parseImageConfig` has made sure that there are as many diffIDs as layers. */
function layersOf({ layers }: Manifest, { rootfs }: ImageConfig): readonly ImageLayer[] {
  return rootfs.diff_ids.flatMap((diffId, i) => {
    const blob = layers[i];
    return blob === undefined ? [] : [{ diffId, blob: { ...blob, mediaType: ociTypeOf(blob.mediaType) } }];
  });
}

function manifestTooLarge(reference: Reference): OciBuildError {
  return new OciBuildError("manifest-too-large", `the manifest of ${familiarReference(reference)} has more than ${longestManifest} bytes`, {
    hint: "no image needs as much: check that the name is that of an image",
  });
}

function webPage(response: Response, reference: Reference): OciBuildError {
  return new OciBuildError("registry-not-a-registry", `${response.url.host} answered with a web page instead of the manifest of ${familiarReference(reference)}`, {
    hint: "check the host name and the port, and that no login page of a network stands in between",
  });
}

function notAnImage(name: string, reason: string): OciBuildError {
  return new OciBuildError("not-an-image", `${name} is no container image: ${reason}`);
}
