import { availableParallelism } from "node:os";
import { type CheckReport, reportChecks } from "./checks/report.ts";
import { Contexts } from "./context/contexts.ts";
import { resolveImages } from "./execute/base-images.ts";
import { createExecutor } from "./execute/executor.ts";
import { finishImage } from "./execute/finish-image.ts";
import { OnDemand } from "./execute/on-demand.ts";
import { openDefinition } from "./execute/open-definition.ts";
import { RemoteParts } from "./execute/remote-parts.ts";
import type { Fetching } from "./fetch/fetching.ts";
import { parseDockerfile } from "./instructions/dockerfile.ts";
import { treesOf } from "./location/location.ts";
import type { Digest } from "./oci/digest.ts";
import { hostPlatform } from "./oci/platform.ts";
import { formatReference, parseReference } from "./oci/reference.ts";
import type { OutputTarget } from "./output/target.ts";
import { writeOutput } from "./output/write-output.ts";
import type { ImageLookup } from "./plan/options.ts";
import { type ImageNeed, imagesNeeded, makePlan } from "./plan/plan.ts";
import type { EventSink } from "./progress/event.ts";
import { Steps } from "./progress/steps.ts";
import { readSecrets } from "./secrets/secrets.ts";
import type { SecretSource } from "./secrets/secret-source.ts";
import { SshAgents } from "./secrets/ssh-agents.ts";
import type { SshSource } from "./secrets/ssh-source.ts";
import { solve } from "./solve/solve.ts";
import { updateIndex, withNames } from "./store/index-file.ts";
import { blobPath } from "./store/paths.ts";
import { linesOf } from "./syntax/source.ts";

export interface BuildOptions {
  /** The build context as the command line takes it: a directory, `-`, a git repository or a URL. */
  readonly context: string;
  /** What goes before stages and images of its name, each as `--build-context` takes it: `NAME=LOCATION`. */
  readonly buildContexts?: readonly string[];
  /**
   * Path of the Dockerfile, `-` for standard input, or a URL; without it `Dockerfile`, then `dockerfile`, in the context. A
   * relative path is below the current directory, but within a context that is no directory.
   */
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
  /** How many steps may be worked on at once; without it as many as there are CPUs. */
  readonly jobs?: number | undefined;
  /** Ask the registry even for a base image that the store knows. */
  readonly pull: boolean;
  readonly outputs: readonly OutputTarget[];
  /** Directory of the store. */
  readonly root: string;
  readonly isolation: "auto" | "bwrap" | "chroot";
  /** The network of a RUN that chooses none: the machine's own without it. */
  readonly network?: "default" | "none" | "host" | undefined;
  /** Secrets for RUN --mount=type=secret. */
  readonly secrets?: readonly SecretSource[];
  /** SSH agents and keys for RUN --mount=type=ssh. */
  readonly ssh?: readonly SshSource[];
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
  const ending = new AbortController();
  const signal = AbortSignal.any([options.signal, ending.signal]);
  const steps = new Steps(options.events, signal);
  const secrets = await readSecrets(options.secrets ?? [], process.env);
  const agents = new SshAgents(options.ssh ?? [], process.env);
  const onDemand = new OnDemand({ ...options, signal, stdio: "none", steps });
  try {
    const warn = (message: string): void => options.events({ kind: "warning", message });
    const definition = await openDefinition(options, onDemand, warn);
    const { context, contexts } = definition;
    const dockerfile = parseDockerfile(definition.file, definition.text);
    const platform = hostPlatform();
    const planning = { ...options, platform, buildPlatform: platform, contexts, contextTime: context.commitTime };
    const needed = (known: ImageLookup): readonly ImageNeed[] => imagesNeeded(dockerfile, planning, known);
    // What cannot be built fails before an image is asked for.
    needed(() => undefined);
    const engine = await onDemand.engine();
    const images = await resolveImages(engine, needed, { pull: options.pull, steps, dockerfile: definition });
    const plan = makePlan(dockerfile, images, planning);
    for (const { message } of plan.warnings) warn(message);
    const stages = new Set(plan.stages.map(({ index }) => index));
    tellChecks(reportChecks(dockerfile, planning, { images, ignore: context.ignore, stages }), options.events);
    const epoch = plan.sourceDateEpoch ?? context.commitTime ?? 0;
    const fetching = (): Promise<Fetching> => onDemand.fetching();
    const executor = createExecutor({
      ...options,
      ...engine,
      contexts: new Contexts({ main: context, named: treesOf(contexts), fetching }),
      secrets,
      agents,
      remote: new RemoteParts(engine.store, fetching),
      epoch,
      signal,
    });
    const cancel = (reason: unknown): void => ending.abort(reason);
    const jobs = options.jobs ?? availableParallelism();
    const chains = await solve(plan, executor, { ...options, epoch, jobs, steps, dockerfile: definition, cancel });
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
    await onDemand.close();
    await agents.close();
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
