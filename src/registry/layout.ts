import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { OciBuildError, messageOf } from "../errors.ts";
import { formatImageLocation, type LayoutLocation } from "../location/location.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { type Digest, hexOf } from "../oci/digest.ts";
import { parseManifest } from "../oci/manifest.ts";
import { indexType } from "../oci/media-type.ts";
import type { Platform } from "../oci/platform.ts";
import { parseReference } from "../oci/reference.ts";
import { resolve, type Resolution } from "./resolve.ts";
import { nothingYet, verified } from "./verify.ts";

const REF_NAME = "org.opencontainers.image.ref.name";

/**
 * Finds the image of a layout that a location means (https://github.com/opencontainers/image-spec/blob/main/image-layout.md):
 * by its digest, by its tag, or, where neither is given, the one that is alone or called latest.
 * @throws OciBuildError `layout-missing`, `layout-invalid`, `image-not-found`, and as `Registry.resolve`
 */
export async function resolveInLayout(location: LayoutLocation, platform: Platform): Promise<Resolution> {
  const digest = location.digest ?? choose(await readIndex(location), location).digest;
  const name = formatImageLocation(location);
  const selector = { kind: "digest", digest } as const;
  const resolution = await resolve(
    {
      get: () => Promise.reject(missing(name, digest)),
      known: async (wanted) => {
        try {
          return await readFile(layoutBlob(location.path, wanted));
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === "ENOENT") throw missing(name, wanted);
          throw error;
        }
      },
      openBlob: (_, blob) => Promise.resolve(openInLayout(location.path, blob)),
      signal: new AbortController().signal,
    },
    { ...parseReference("layout"), selector },
    platform,
  );
  return { ...resolution, image: { ...resolution.image, name } };
}

/** A blob of a layout as a stream that ends only if the bytes had the descriptor's size and digest. */
export function openInLayout(path: string, blob: Descriptor): Readable {
  const file = createReadStream(layoutBlob(path, blob.digest));
  return Readable.from(verified(file as AsyncIterable<Buffer>, blob, { start: nothingYet(), source: path }), {
    objectMode: false,
  });
}

async function readIndex(location: LayoutLocation): Promise<readonly Descriptor[]> {
  const file = join(location.path, "index.json");
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new OciBuildError("layout-missing", `${location.path} is no OCI image layout: ${messageOf(error)}`, {
      hint: "name the directory that holds index.json and blobs/",
      cause: error,
    });
  });
  const index = parseManifest(bytes, { mediaType: indexType, name: file });
  if (index.kind === "index") return index.manifests;
  throw new OciBuildError("layout-invalid", `${file} is not an image index`);
}

function choose(entries: readonly Descriptor[], { path, tag }: LayoutLocation): Descriptor {
  const nameOf = (entry: Descriptor): string => entry.annotations?.[REF_NAME] ?? "";
  // A name may be a tag, or a whole reference that ends in one.
  const named = entries.filter((entry) => nameOf(entry) === tag || nameOf(entry).endsWith(`:${tag ?? "latest"}`));
  const latest = entries.filter((entry) => nameOf(entry) === "latest");
  const [found, ...others] = tag !== undefined ? named : entries.length === 1 ? entries : [...latest, ...named];
  if (found !== undefined && others.every(({ digest }) => digest === found.digest)) return found;
  const names = entries.map(nameOf).filter((name) => name !== "");
  const what = found === undefined ? "has no image" : "has several images";
  throw new OciBuildError("image-not-found", `the layout ${path} ${what} ${tag ?? "without a tag that is asked for"}`, {
    hint: names.length === 0 ? "name one by its digest: oci-layout://DIRECTORY@sha256:…" : `it has ${names.join(", ")}`,
  });
}

function missing(name: string, digest: Digest): OciBuildError {
  return new OciBuildError("blob-not-found", `${name} lacks the blob ${digest}`, { hint: "the layout is not whole" });
}

/** The file of a layout that holds a blob. */
export function layoutBlob(path: string, digest: Digest): string {
  return join(path, "blobs", "sha256", hexOf(digest));
}
