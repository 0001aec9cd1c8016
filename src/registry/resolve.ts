import { OciBuildError } from "../errors.ts";
import { imageLayers } from "../oci/image-layers.ts";
import { choosePlatform } from "../oci/choose-platform.ts";
import { parseImageConfig, platformOf } from "../oci/config.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { digestOf } from "../oci/hash.ts";
import type { ResolvedImage } from "../oci/image.ts";
import type { Manifest } from "../oci/manifest.ts";
import { compressionOf, isConfigType } from "../oci/media-type.ts";
import type { Platform } from "../oci/platform.ts";
import { familiarReference, formatReference, type Reference } from "../oci/reference.ts";
import { documentOf, topDocument, type DocumentContext } from "./document.ts";

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

export interface ResolveContext extends DocumentContext {
  readonly openBlob: (
    reference: Reference,
    descriptor: Descriptor,
    options: { readonly signal: AbortSignal },
  ) => Promise<AsyncIterable<Buffer>>;
}

/** Bytes. Configs of real images stay below 1 MiB. */
const longestConfig = 8 * 1024 * 1024;
const deepestIndex = 3;

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
    image: {
      name: formatReference(reference),
      manifestDigest: digest,
      platform: platformOf(config),
      config,
      layers: imageLayers(manifest.layers, config),
    },
    documents: {
      manifest: bytes,
      config: configBytes,
      manifestDescriptor: { mediaType: manifest.mediaType, digest, size: bytes.length },
      configDescriptor: manifest.config,
    },
  };
}

async function resolveManifest(
  context: ResolveContext,
  reference: Reference,
  platform: Platform,
): Promise<{ manifest: Manifest; bytes: Uint8Array; digest: Digest }> {
  let document = await topDocument(context, reference);
  for (let depth = 0; document.parsed.kind === "index"; depth++) {
    if (depth === deepestIndex)
      throw new OciBuildError(
        "manifest-invalid",
        `the index of ${familiarReference(reference)} holds indexes more than ${deepestIndex} deep`,
      );
    const entry = choosePlatform(document.parsed, platform, familiarReference(reference));
    document = await documentOf(context, reference, entry);
  }
  return { manifest: document.parsed, bytes: document.bytes, digest: document.digest };
}

function checkIsImage({ config, layers }: Manifest, name: string): void {
  if (!isConfigType(config.mediaType))
    throw notAnImage(name, `its config has the type ${JSON.stringify(config.mediaType.slice(0, 100))}`);
  const odd = layers.find(({ mediaType }) => compressionOf(mediaType) === undefined);
  if (odd !== undefined)
    throw notAnImage(name, `it has a layer of the type ${JSON.stringify(odd.mediaType.slice(0, 100))}`);
}

async function readConfig(context: ResolveContext, reference: Reference, descriptor: Descriptor): Promise<Uint8Array> {
  if (descriptor.size > longestConfig)
    throw new OciBuildError(
      "config-too-large",
      `the config of ${familiarReference(reference)} has ${descriptor.size} bytes, more than the ${longestConfig} that are read`,
    );
  const here = await context.known(descriptor.digest);
  if (here !== undefined && digestOf(here) === descriptor.digest) return here;
  const chunks: Buffer[] = [];
  for await (const chunk of await context.openBlob(reference, descriptor, context)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function notAnImage(name: string, reason: string): OciBuildError {
  return new OciBuildError("not-an-image", `${name} is no container image: ${reason}`);
}
