import { type Excerpt, located, OciBuildError } from "../errors.ts";
import { layoutOf, type LayoutLocation } from "../location/location.ts";
import { platformOf } from "../oci/config.ts";
import type { Digest } from "../oci/digest.ts";
import type { ResolvedImage } from "../oci/image.ts";
import { imageLayers } from "../oci/image-layers.ts";
import { formatPlatform, type Platform } from "../oci/platform.ts";
import { formatReference, parseReference } from "../oci/reference.ts";
import type { ImageLookup } from "../plan/options.ts";
import type { ImageNeed } from "../plan/plan.ts";
import type { Steps, Worked } from "../progress/steps.ts";
import { openInLayout, resolveInLayout } from "../registry/layout.ts";
import { putDocument } from "../store/blobs.ts";
import { readImageDocuments } from "../store/image-documents.ts";
import { findByName } from "../store/index-file.ts";
import type { Store } from "../store/store.ts";
import { touch } from "../store/durable.ts";
import { keptBlob, markOf } from "../store/uses.ts";
import { findReference, rememberReference } from "../store/references.ts";
import type { Engine } from "./engine.ts";
import type { PullPolicy } from "./pull-policy.ts";

export interface Resolving {
  readonly platform: Platform;
  readonly pull: PullPolicy;
  /** Shows the question to a registry as a step; none when nobody watches. */
  readonly steps?: Steps | undefined;
}

export interface ResolvingAll extends Omit<Resolving, "platform"> {
  /** Names the Dockerfile in errors. */
  readonly dockerfile: Omit<Excerpt, "lines">;
}

/**
 * Resolves everything that a Dockerfile stands on or copies from, side by side. The ONBUILD triggers of what was found may
 * need more, so `needed` is asked again until it needs nothing.
 * @throws OciBuildError located at the instruction that names the image
 */
export async function resolveImages(
  engine: Engine,
  needed: (known: ImageLookup) => readonly ImageNeed[],
  options: ResolvingAll,
): Promise<ImageLookup> {
  const keyOf = (name: string, platform: Platform): string => `${formatPlatform(platform)} ${name}`;
  const images = new Map<string, ResolvedImage>();
  const known: ImageLookup = (name, platform) => images.get(keyOf(name, platform));
  const resolveNeed = async (need: ImageNeed): Promise<void> => {
    const { name, platform } = need;
    const image = await resolveImage(engine, name, { platform, ...options }).catch((error: unknown) => {
      throw located(forNeed(error, need), { ...options.dockerfile, lines: need.lines }, name);
    });
    images.set(keyOf(name, platform), image);
  };
  for (let needs = needed(known); needs.length > 0; needs = needed(known)) await Promise.all(needs.map(resolveNeed));
  return known;
}

/** Says which trigger asked for the image, and which stage may have been meant. */
function forNeed(error: unknown, { trigger, nearStage }: ImageNeed): unknown {
  if (!(error instanceof OciBuildError) || (trigger === undefined && nearStage === undefined)) return error;
  const { code, message, cause, output, stack } = error;
  const hint = nearStage === undefined ? error.hint : `did you mean the stage ${nearStage}?`;
  const text = trigger === undefined ? message : `${trigger}: ${message}`;
  return Object.assign(new OciBuildError(code, text, { hint, cause, output }), { stack });
}

/**
 * Finds the image that a name stands for: built here, else known from an earlier pull, else in its registry. Its
 * manifest and config are in the store afterwards; its layers come when they are needed.
 */
export async function resolveImage(
  engine: Engine,
  name: string,
  { platform, pull, steps }: Resolving,
): Promise<ResolvedImage> {
  const layout = layoutOf(name);
  if (layout !== undefined) return imageOfLayout(engine, layout, platform);
  const { paths } = engine.store;
  const reference = parseReference(name);
  const normalised = formatReference(reference);
  const pinned = engine.pins?.image(normalised, platform);
  if (pinned !== undefined) return imageOfLock(engine, { name, pinned }, { platform, pull, steps });
  const known = (await findByName(paths, normalised)) ?? (await findReference(paths, normalised, platform));
  const here =
    known === undefined ? undefined : await readImage(engine.store, { name: normalised, manifestDigest: known });
  if (here === undefined && pull === "never") throw notHere(normalised);
  const asking = async (): Promise<Worked<ResolvedImage>> => {
    try {
      return { value: await ask(engine, name, platform), cached: false };
    } catch (error) {
      if (pull !== "newer" || here === undefined || !(error instanceof OciBuildError)) throw error;
      steps?.emit({ kind: "warning", message: `${normalised} is taken from the store: ${error.message}` });
      return { value: here, cached: true };
    }
  };
  const image =
    here !== undefined && (pull === "missing" || pull === "never")
      ? here
      : steps === undefined
        ? (await asking()).value
        : await steps.run(`[internal] load metadata for ${normalised}`, asking);
  engine.supply.offer(image);
  engine.pins?.noteImage(normalised, platform, image.manifestDigest);
  return image;
}

interface Locked {
  readonly name: string;
  readonly pinned: Digest;
}

/** What a lock says is asked for by its digest, and not again when it is here. */
async function imageOfLock(
  engine: Engine,
  { name, pinned }: Locked,
  { platform, pull, steps }: Resolving,
): Promise<ResolvedImage> {
  const { registry, repository } = parseReference(name);
  const locked = `${registry}/${repository}@${pinned}`;
  const here = await readImage(engine.store, { name: locked, manifestDigest: pinned });
  if (here === undefined && pull === "never") throw notHere(locked);
  const asking = async (): Promise<Worked<ResolvedImage>> => ({
    value: await ask(engine, locked, platform),
    cached: false,
  });
  const asked = (): Promise<ResolvedImage> =>
    steps === undefined
      ? asking().then(({ value }) => value)
      : steps.run(`[internal] load metadata for ${locked}`, asking);
  const image = here ?? (await asked());
  engine.supply.offer(image);
  return image;
}

function notHere(name: string): OciBuildError {
  return new OciBuildError(
    "image-not-here",
    `the store does not know the image ${name}, and no registry may be asked`,
    {
      hint: "build once without --offline and --pull=never",
    },
  );
}

/** A layout is read each time: it is here, and may have changed. */
async function imageOfLayout(
  { supply, store }: Engine,
  layout: LayoutLocation,
  platform: Platform,
): Promise<ResolvedImage> {
  const { image, documents } = await resolveInLayout(layout, platform);
  await putDocument(store, documents.manifest);
  await putDocument(store, documents.config);
  supply.offer(image, (_, blob) => Promise.resolve(openInLayout(layout.path, blob)));
  return image;
}

async function ask({ registry, store }: Engine, name: string, platform: Platform): Promise<ResolvedImage> {
  const reference = parseReference(name);
  const { image, documents } = await registry.resolve(reference, platform);
  await putDocument(store, documents.manifest);
  await putDocument(store, documents.config);
  await rememberReference(store.paths, formatReference(reference), { platform, manifest: image.manifestDigest });
  return image;
}

interface Known {
  readonly name: string;
  readonly manifestDigest: Digest;
}

/** Reads an image from the store; undefined when a document of it is gone or damaged, and the registry must be asked again. */
async function readImage(store: Store, { name, manifestDigest }: Known): Promise<ResolvedImage | undefined> {
  try {
    const { configDocument: config, layers: blobs } = await readImageDocuments(store.paths, manifestDigest);
    // Noted for the sake of later builds: this one needs the documents no more.
    touch(markOf(store.paths, keptBlob(store.paths, manifestDigest)));
    return { name, manifestDigest, platform: platformOf(config), config, layers: imageLayers(blobs, config) };
  } catch (error) {
    if (error instanceof OciBuildError) return undefined;
    throw error;
  }
}
