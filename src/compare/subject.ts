import { join, resolve } from "node:path";
import { OciBuildError } from "../errors.ts";
import type { Engine } from "../execute/engine.ts";
import { layerLimits } from "../helper/layer-limits.ts";
import { type LayoutLocation, layoutOf } from "../location/location.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { imageLayers } from "../oci/image-layers.ts";
import type { ImageConfig, ImageLayer } from "../oci/image.ts";
import { hostPlatform } from "../oci/platform.ts";
import { parseReference } from "../oci/reference.ts";
import { layoutBlob, resolveInLayout } from "../registry/layout.ts";
import type { Resolution } from "../registry/resolve.ts";
import { putDocument, readDocument } from "../store/blobs.ts";
import { readImageDocuments } from "../store/image-documents.ts";
import { findImage } from "../store/images.ts";
import { blobPath } from "../store/paths.ts";

/** An image that is compared: its documents, and a way to its layers. */
export interface Subject {
  /** As the user wrote it. */
  readonly name: string;
  readonly manifestDigest: Digest;
  readonly manifest: Uint8Array;
  readonly config: Uint8Array;
  readonly configDocument: ImageConfig;
  /** Bottom first. */
  readonly layers: readonly ImageLayer[];
  /** Gives the file that holds a layer's blob, fetching it when it is elsewhere. */
  readonly blobOf: (layer: ImageLayer) => Promise<string>;
}

/**
 * Opens the image that a text means: `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]`, `docker://NAME`, else a name or a digest of
 * the store.
 * @throws OciBuildError `image-form-unknown`, `image-unknown`, `image-ambiguous`, `layout-…`, `archive-…`, `registry-…`
 */
export async function openSubject(engine: Engine, text: string): Promise<Subject> {
  const [, transport, rest = ""] = /^([a-z][a-z-]*):(?!\d+(?:\/|$))(.*)$/s.exec(text) ?? [];
  switch (transport) {
    case "oci":
      return inLayout(text, layoutAt(rest, text));
    case "oci-archive":
      return inArchive(engine, text, rest);
    case "docker":
      if (rest.startsWith("//")) return inRegistry(engine, text, rest.slice(2));
      break;
    case "docker-archive":
    case "docker-daemon":
    case "containers-storage":
    case "dir":
      throw new OciBuildError("image-form-unknown", `${text}: images in the form ${transport}: cannot be read`, {
        hint: "turn it into a layout first: skopeo copy FROM oci:DIR",
      });
    default:
  }
  return subjectOfStore(engine, text, (await findImage(engine.store.paths, text)).manifest.digest);
}

/** An image of the store by the digest of its manifest. */
export async function subjectOfStore({ store: { paths } }: Engine, name: string, digest: Digest): Promise<Subject> {
  const { config, configDocument, layers } = await readImageDocuments(paths, digest);
  return {
    name,
    manifestDigest: digest,
    manifest: await readDocument(paths, digest),
    config: await readDocument(paths, config.digest),
    configDocument,
    layers: imageLayers(layers, configDocument),
    blobOf: ({ blob }) => Promise.resolve(blobPath(paths, blob.digest)),
  };
}

/** `DIR[:TAG][@DIGEST]` */
function layoutAt(text: string, whole: string): LayoutLocation {
  const layout = text === "" ? undefined : layoutOf(`oci-layout://${text}`);
  if (layout !== undefined) return layout;
  throw new OciBuildError("image-form-unknown", `${whole} names no directory`, { hint: "write oci:DIR[:TAG]" });
}

async function inLayout(name: string, location: LayoutLocation): Promise<Subject> {
  // The helper has another working directory.
  const directory = resolve(location.path);
  const resolution = await resolveInLayout(location, hostPlatform());
  return resolved(name, resolution, (blob) => Promise.resolve(layoutBlob(directory, blob.digest)));
}

let archives = 0;

async function inArchive({ store }: Engine, name: string, text: string): Promise<Subject> {
  const [, file = "", selector = ""] = /^(.*?)((?::[^/:]*)?(?:@[^@]*)?)$/s.exec(text) ?? [];
  if (file === "")
    throw new OciBuildError("image-form-unknown", `${name} names no file`, { hint: "write oci-archive:FILE[:TAG]" });
  archives += 1;
  const target = join(store.workspace, `archive-${archives}`);
  await store.session.call("unpack", { archive: resolve(file), target, name: file, limits: layerLimits(process.env) });
  return inLayout(name, layoutAt(`${target}${selector}`, name));
}

async function inRegistry({ registry, supply, store }: Engine, name: string, text: string): Promise<Subject> {
  const resolution = await registry.resolve(parseReference(text), hostPlatform());
  await putDocument(store, resolution.documents.manifest);
  await putDocument(store, resolution.documents.config);
  supply.offer(resolution.image);
  const { image } = resolution;
  return resolved(name, resolution, async (blob) => {
    const layer = image.layers.find((one) => one.blob.digest === blob.digest);
    // The store may know the layer in another blob, which holds the same.
    const packed = layer === undefined ? blob : await supply.packed(layer.diffId);
    return blobPath(store.paths, packed.digest);
  });
}

function resolved(
  name: string,
  { image, documents }: Resolution,
  pathOf: (blob: Descriptor) => Promise<string>,
): Subject {
  const { manifestDigest, config: configDocument, layers } = image;
  return { name, manifestDigest, ...documents, configDocument, layers, blobOf: ({ blob }) => pathOf(blob) };
}
