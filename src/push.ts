import { pushImage } from "./output/push-image.ts";
import type { Digest } from "./oci/digest.ts";
import { familiarReference, formatReference, parseReference, type Reference } from "./oci/reference.ts";
import { OciBuildError } from "./errors.ts";
import type { EventSink } from "./progress/event.ts";
import { Steps } from "./progress/steps.ts";
import { createRegistry } from "./registry/registry.ts";
import { openImages } from "./store/images.ts";
import { knownPlaces } from "./store/known-places.ts";
import { blobPath, storePaths } from "./store/paths.ts";

export interface PushOptions {
  /** An image of the store, as `Images.find` takes it. */
  readonly image: string;
  /** Where it goes; without one, the registry that its name names. */
  readonly destination?: string | undefined;
  /** Directory of the store. */
  readonly root: string;
  readonly insecureRegistries: readonly string[];
  readonly events: EventSink;
  readonly signal: AbortSignal;
}

export interface Pushed {
  /** As a user writes it. */
  readonly name: string;
  /** Digest of the manifest. */
  readonly digest: Digest;
}

/**
 * Puts an image of the store into a registry.
 * @throws OciBuildError `image-unknown`, `push-nameless`, and as `pushImage`
 */
export async function push({
  image,
  destination,
  root,
  insecureRegistries,
  events,
  signal,
}: PushOptions): Promise<Pushed> {
  const images = await openImages(root);
  const registry = createRegistry({ signal, environment: process.env, insecureRegistries });
  try {
    const found = await images.find(image);
    const reference = destinationOf(image, destination);
    const paths = storePaths(root);
    await pushImage(found, [reference], {
      registry,
      blobs: { path: (digest) => blobPath(paths, digest) },
      placesAt: (host) => knownPlaces(paths, host),
      steps: new Steps(events, signal),
    });
    return { name: familiarReference(reference), digest: found.manifest.digest };
  } finally {
    registry.close();
    await images.close();
  }
}

function destinationOf(image: string, destination: string | undefined): Reference {
  const text = (destination ?? image).replace(/^docker:\/\//, "");
  if (destination === undefined && /^(sha256:)?[0-9a-f]{4,64}$/.test(image))
    throw new OciBuildError("push-nameless", `${image} says nothing of where to push to`, {
      hint: `name it: oci-build push ${image} REGISTRY/NAME:TAG`,
    });
  const reference = parseReference(text);
  if (reference.selector.kind === "tag") return reference;
  throw new OciBuildError("push-nameless", `${formatReference(reference)} names a digest, which the image has anyway`, {
    hint: "push to REGISTRY/NAME:TAG",
  });
}
