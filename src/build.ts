import { type Definition, readDefinition } from "./context/definition.ts";
import { resolveImage } from "./execute/base-images.ts";
import { type Engine, openEngine } from "./execute/engine.ts";
import { createExecutor } from "./execute/executor.ts";
import { finishImage } from "./execute/finish-image.ts";
import { parseStages } from "./instructions/parse.ts";
import type { Digest } from "./oci/digest.ts";
import { hostPlatform } from "./oci/platform.ts";
import type { OutputTarget } from "./output/target.ts";
import { imagesNeeded, makePlan, type PlanOptions } from "./plan/plan.ts";
import { type EventSink, StepCounter } from "./progress/event.ts";
import { solve } from "./solve/solve.ts";

export interface BuildOptions {
  /** Directory of the build context. */
  readonly context: string;
  /** Path of the Dockerfile; without it `Dockerfile`, then `dockerfile`, in the context. `-` is standard input. */
  readonly file?: string | undefined;
  /** Names for the image as the user wrote them. */
  readonly tags: readonly string[];
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly target?: string | undefined;
  readonly noCache: boolean;
  /** Ask the registry even for a base image that the store knows. */
  readonly pull: boolean;
  readonly outputs: readonly OutputTarget[];
  /** Directory of the store. */
  readonly root: string;
  readonly isolation: "auto" | "bwrap" | "chroot";
  /** Seconds since 1970: the time of the image and the latest that its new files may have. */
  readonly epoch: number;
  readonly events: EventSink;
  /** Aborting it stops the build, kills what runs and leaves nothing half-made. */
  readonly signal: AbortSignal;
}

export interface BuildResult {
  /** Digest of the manifest. */
  readonly digest: Digest;
  /** Digest of the config: docker's image id. */
  readonly imageId: Digest;
  /** Bytes of manifest, config and layers as stored. */
  readonly size: number;
  /** Normalised names that now point to the image. */
  readonly names: readonly string[];
}

/**
 * Builds the image that `options` describe and puts it into the store and the outputs: Dockerfile text -> instructions
 * -> plan -> layers -> image -> outputs.
 * @throws OciBuildError of whatever went wrong; nothing is tagged then
 */
export async function build(options: BuildOptions): Promise<BuildResult> {
  const names = options.tags.map(normaliseTag);
  // The helper starts while the Dockerfile is read.
  const opening = openEngine({ ...options, stdio: "closed" });
  opening.catch(() => undefined);
  try {
    const definition = await readDefinition(options.context, options.file);
    const dockerfile = parseDockerfile(definition.text, definition.file);
    const engine = await opening;
    const images = await resolveBases(engine, imagesNeeded(dockerfile, options));
    const plan = makePlan(dockerfile, images, options);
    const chains = await solve(plan, createExecutor({ ...options, ...engine, context: definition }), options);
    const image = await finishImage(engine, plan, chains);
    await tagImage(engine.store, image, names);
    for (const output of options.outputs) await writeOutput(output, image, engine.store);
    return image;
  } finally {
    await opening.then((engine) => engine.close(), () => undefined);
  }
}
