import { type CheckReport, reportChecks } from "./checks/report.ts";
import { readDefinition } from "./context/definition.ts";
import { resolveImages } from "./execute/base-images.ts";
import { openEngine } from "./execute/engine.ts";
import { createExecutor } from "./execute/executor.ts";
import { finishImage } from "./execute/finish-image.ts";
import { parseDockerfile } from "./instructions/dockerfile.ts";
import type { Digest } from "./oci/digest.ts";
import { hostPlatform } from "./oci/platform.ts";
import { formatReference, parseReference } from "./oci/reference.ts";
import type { OutputTarget } from "./output/target.ts";
import { writeOutput } from "./output/write-output.ts";
import type { ImageLookup } from "./plan/options.ts";
import { type ImageNeed, imagesNeeded, makePlan } from "./plan/plan.ts";
import type { EventSink } from "./progress/event.ts";
import { Steps } from "./progress/steps.ts";
import { solve } from "./solve/solve.ts";
import { updateIndex, withNames } from "./store/index-file.ts";
import { blobPath } from "./store/paths.ts";
import { linesOf } from "./syntax/source.ts";

export interface BuildOptions {
  /** Directory of the build context. */
  readonly context: string;
  /** Path of the Dockerfile; without it `Dockerfile`, then `dockerfile`, in the context. `-` is standard input. */
  readonly file?: string | undefined;
  /** Names for the image as the user wrote them. */
  readonly tags: readonly string[];
  readonly buildArgs: ReadonlyMap<string, string>;
  /** Labels for the image, over those of the Dockerfile. */
  readonly labels?: ReadonlyMap<string, string> | undefined;
  /** Annotations for its manifest. */
  readonly annotations?: ReadonlyMap<string, string> | undefined;
  readonly target?: string | undefined;
  readonly noCache: boolean;
  /** Ask the registry even for a base image that the store knows. */
  readonly pull: boolean;
  readonly outputs: readonly OutputTarget[];
  /** Directory of the store. */
  readonly root: string;
  readonly isolation: "auto" | "bwrap" | "chroot";
  /** Hosts, with their port if they have one, that may be asked over plain http; those of this machine may in any case. */
  readonly insecureRegistries?: readonly string[];
  /** SOURCE_DATE_EPOCH: seconds since 1970, the time of the image and the latest that its new files may have; 0 without it. */
  readonly sourceDateEpoch?: number | undefined;
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
 * Builds the image that `options` describe: Dockerfile text -> instructions -> plan -> layers -> image -> outputs.
 * @throws OciBuildError of whatever went wrong; nothing is tagged then
 */
export async function build(options: BuildOptions): Promise<BuildResult> {
  const names = options.tags.map((tag) => formatReference(parseReference(tag)));
  const steps = new Steps(options.events, options.signal);
  const definition = await readDefinition(options.context, options.file);
  const dockerfile = parseDockerfile(definition.file, definition.text);
  const platform = hostPlatform();
  const planning = { ...options, platform, buildPlatform: platform };
  const needed = (known: ImageLookup): readonly ImageNeed[] => imagesNeeded(dockerfile, planning, known);
  // What cannot be built fails before anything is opened or fetched.
  needed(() => undefined);
  const engine = await openEngine({ ...options, stdio: "none", steps });
  try {
    const images = await resolveImages(engine, needed, { pull: options.pull, steps, dockerfile: definition });
    const plan = makePlan(dockerfile, images, planning);
    for (const { message } of plan.warnings) options.events({ kind: "warning", message });
    const stages = new Set(plan.stages.map(({ index }) => index));
    tellChecks(reportChecks(dockerfile, planning, { images, ignore: definition.ignore, stages }), options.events);
    const epoch = plan.sourceDateEpoch ?? 0;
    const executor = createExecutor({ ...options, ...engine, context: definition, epoch });
    const chains = await solve(plan, executor, { ...options, epoch, steps, dockerfile: definition });
    const image = await finishImage(engine, plan, { chains, epoch, annotations: options.annotations });
    await updateIndex(engine.store, (entries) => withNames(entries, image.manifest, names));
    for (const output of options.outputs)
      await writeOutput(
        output,
        { ...image, names },
        { path: (digest) => blobPath(engine.store.paths, digest) },
        options,
      );
    return { digest: image.manifest.digest, imageId: image.config.digest, size: image.size, names };
  } finally {
    await engine.close();
  }
}

/** @throws OciBuildError `checks-failed` where `check=error=true` asks for it */
function tellChecks({ dockerfile, findings, notes, failure }: CheckReport, events: EventSink): void {
  const { file, text } = dockerfile.source;
  for (const message of notes) events({ kind: "warning", message });
  for (const { rule, message, range } of findings)
    events({ kind: "finding", rule, message, excerpt: { file, text, lines: linesOf(range) } });
  if (failure !== undefined) throw failure;
}
