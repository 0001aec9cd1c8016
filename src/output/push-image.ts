import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { familiarName, formatReference, type Reference } from "../oci/reference.ts";
import type { Steps } from "../progress/steps.ts";
import type { Registry } from "../registry/registry.ts";
import { Jobs } from "../solve/jobs.ts";
import type { KnownPlaces } from "../store/known-places.ts";
import { type BlobFiles, blobsOf, type OutputImage } from "./output-image.ts";

/** What pushing needs beside the image. */
export interface Pushing {
  readonly registry: Registry;
  readonly blobs: BlobFiles;
  /** Where a registry is known to have blobs already. */
  readonly placesAt: (registry: string) => Promise<KnownPlaces>;
  readonly steps: Steps;
}

/** Uploads beside each other; more only divides the same line. */
const PARALLEL_UPLOADS = 3;

/**
 * Puts an image into registries, under each of the names: first the blobs that a repository lacks, then the manifest, so that nobody
 * sees a name whose blobs are not there yet.
 * @throws OciBuildError as `Registry.pushBlob` and `Registry.pushManifest`
 */
export async function pushImage(image: OutputImage, names: readonly Reference[], pushing: Pushing): Promise<void> {
  const bytes = await readFile(pushing.blobs.path(image.manifest.digest));
  const repositories = new Map(names.map((reference) => [familiarName(reference), reference]));
  const done: Reference[] = [];
  for (const [name, repository] of repositories) {
    await pushBlobs(image, { to: repository, done }, pushing);
    done.push(repository);
    for (const reference of names.filter((other) => familiarName(other) === name))
      await pushing.steps.run(`push manifest ${formatReference(reference)}`, async () => {
        await pushing.registry.pushManifest(reference, { mediaType: image.manifest.mediaType, bytes });
        return { value: undefined, cached: false };
      });
  }
}

interface Destination {
  readonly to: Reference;
  /** Repositories that have the whole image by now. */
  readonly done: readonly Reference[];
}

async function pushBlobs(image: OutputImage, { to, done }: Destination, pushing: Pushing): Promise<void> {
  const known = await pushing.placesAt(to.registry);
  const here = done.filter(({ registry }) => registry === to.registry).map(({ repository }) => repository);
  const places = (digest: Digest): readonly string[] =>
    [...here, ...(known.get(digest) ?? [])].filter((repository) => repository !== to.repository);
  const uploads = new Jobs(PARALLEL_UPLOADS);
  const blobs = blobsOf(image).filter(({ digest }) => digest !== image.manifest.digest);
  const pushes = blobs.map((blob) => uploads.run(() => pushBlob(blob, to, { ...pushing, places })));
  // All of them have ended before a failure is told.
  await Promise.allSettled(pushes);
  await Promise.all(pushes);
}

function pushBlob(
  blob: Descriptor,
  to: Reference,
  { registry, blobs, steps, places }: Pushing & { readonly places: (digest: Digest) => readonly string[] },
): Promise<void> {
  return steps.run(`push ${familiarName(to)} ${blob.digest}`, async (step) => {
    const arrival = await registry.pushBlob(to, blob, {
      open: ({ start, end }) =>
        createReadStream(blobs.path(blob.digest), { start, end: end - 1, highWaterMark: 1 << 20 }),
      mountFrom: places(blob.digest),
      onProgress: (done) => steps.emit({ kind: "step-progress", step, label: "pushing", done, total: blob.size }),
    });
    return { value: undefined, cached: arrival !== "uploaded" };
  });
}
