import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { reportChecks } from "./checks/report.ts";
import type { CacheSource, CacheTarget } from "./cache/parse-cache.ts";
import { BuildCaches } from "./execute/build-caches.ts";
import { BuildHistory } from "./execute/build-history.ts";
import { type FinishedImage, finishImage } from "./execute/finish-image.ts";
import { type StepShell, withStepShell } from "./execute/step-shell.ts";
import type { PullPolicy } from "./execute/pull-policy.ts";
import type { Names } from "./network/names.ts";
import type { Descriptor } from "./oci/descriptor.ts";
import type { Digest } from "./oci/digest.ts";
import { formatReference, parseReference } from "./oci/reference.ts";
import type { OutputTarget } from "./output/target.ts";
import { writeOutput } from "./output/write-output.ts";
import type { EventSink } from "./progress/event.ts";
import { span } from "./progress/span.ts";
import { planBuild, type Planned, type Preparation, withPreparation } from "./preparation.ts";
import type { SecretSource } from "./secrets/secret-source.ts";
import type { SshSource } from "./secrets/ssh-source.ts";
import type { CachePolicy } from "./plan/cache-policy.ts";
import { solve } from "./solve/solve.ts";
import { readPins } from "./lock-build.ts";
import { updateIndex, withNames } from "./store/index-file.ts";
import { type KnownPlaces, knownPlaces } from "./store/known-places.ts";
import { blobPath } from "./store/paths.ts";
import { collect, type CollectionPolicy } from "./store/room/collect.ts";
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
  /** Which steps are run although the store knows what they make. */
  readonly cache: CachePolicy;
  /** Caches outside the store that are asked for what it does not know. */
  readonly cacheFrom?: readonly CacheSource[] | undefined;
  /** Caches that get what the build has used. */
  readonly cacheTo?: readonly CacheTarget[] | undefined;
  /** How many steps may be worked on at once; without it as many as there are CPUs. */
  readonly jobs?: number | undefined;
  readonly pull: PullPolicy;
  /** Ask nobody: what the store lacks is an error, and no RUN has a network. */
  readonly offline?: boolean | undefined;
  /** Take nothing from elsewhere but what a lock says: the file, or the one beside the Dockerfile. */
  readonly locked?: { readonly lockFile?: string | undefined } | undefined;
  readonly outputs: readonly OutputTarget[];
  /** Directory of the store. */
  readonly root: string;
  readonly isolation: "auto" | "bwrap" | "chroot";
  /** The network of a RUN that chooses none: the machine's own without it. */
  readonly network?: "default" | "none" | "host" | "private" | undefined;
  /** Hosts, name servers and the like that each RUN finds in its /etc/hosts and /etc/resolv.conf. */
  readonly names?: Names | undefined;
  /** Secrets for RUN --mount=type=secret. */
  readonly secrets?: readonly SecretSource[];
  /** SSH agents and keys for RUN --mount=type=ssh. */
  readonly ssh?: readonly SshSource[];
  /** Hosts, with their port if they have one, that may be asked over plain http; those of this machine may in any case. */
  readonly insecureRegistries?: readonly string[];
  /** SOURCE_DATE_EPOCH: seconds since 1970, the time of the image and the latest that its new files may have; 0 without it. */
  readonly sourceDateEpoch?: number | undefined;
  /** What is cleared away at the end of what earlier builds left; nothing without it. */
  readonly collection?: CollectionPolicy | undefined;
  /** When to open a shell where a step stands. */
  readonly shell?: StepShell | undefined;
  readonly events: EventSink;
  /** Aborting it stops the build, kills what runs and leaves nothing half-made. */
  readonly signal: AbortSignal;
}

export interface BuildResult {
  /** Digest of the manifest. */
  readonly digest: Digest;
  /** Points to the manifest. */
  readonly manifest: Descriptor;
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
  const extraHosts = options.names?.hosts.map(({ name }) => name);
  // The first step that fails ends whatever else is under way.
  const ending = new AbortController();
  const signal = AbortSignal.any([options.signal, ending.signal]);
  const stdio = options.shell?.user === undefined ? "none" : "all";
  const pins = options.locked === undefined ? undefined : await readPins({ ...options, ...options.locked });
  return withPreparation({ ...options, extraHosts, signal, stdio, pins }, async (preparation) => {
    const planned = await span("phase", "read and plan", () => planBuild(preparation, options));
    tellChecks(preparation, planned, options.events);
    const { plan, engine, epoch } = planned;
    const { definition, sources, steps } = preparation;
    const history = await BuildHistory.open(engine.store, resolve(options.context), definition.file);
    const tell = (message: string): void => options.events({ kind: "warning", message });
    const caches = new BuildCaches({ ...engine, cacheFrom: options.cacheFrom, signal, tell });
    const executing = { ...options, ...engine, plan, caches, sources, epoch, history, signal };
    const solving = {
      ...options,
      epoch,
      steps,
      jobs: options.jobs ?? availableParallelism(),
      dockerfile: definition,
      // What a broken cache has promised is made after all.
      cancel: (reason: unknown) => (caches.broken ? undefined : ending.abort(reason)),
    };
    const { image, chain } = await caches.unlessBroken(async () => {
      const chains = await span("phase", "steps", () =>
        withStepShell(options.shell, executing, (executor) => solve(plan, executor, solving)),
      ).finally(() => history.save().catch(() => undefined));
      const finishing = { chains, epoch, annotations: options.annotations };
      const finish = (): Promise<FinishedImage> => finishImage(engine, plan, finishing);
      return { image: await span("phase", "put the image together", finish), chain: chains.get(plan.target) ?? [] };
    }, signal);
    await updateIndex(engine.store, (entries) => withNames(entries, image.manifest, names));
    const path = (digest: Digest): string => blobPath(engine.store.paths, digest);
    const placesAt = (registry: string): Promise<KnownPlaces> => knownPlaces(engine.store.paths, registry);
    const writing = { ...options, pushing: { registry: engine.registry, steps, placesAt } };
    for (const output of options.outputs)
      await span("phase", `write ${output.kind}`, () => writeOutput(output, { ...image, names }, { path }, writing));
    await caches.export(options.cacheTo ?? [], chain);
    await span("phase", "clear the store", () => collect(engine.store, options.collection));
    const { manifest } = image;
    return { digest: manifest.digest, manifest, imageId: image.config.digest, size: image.size, names };
  });
}

/** @throws OciBuildError `checks-failed` where `check=error=true` asks for it */
function tellChecks(
  { definition, dockerfile }: Preparation,
  { plan, planning, images }: Planned,
  tell: EventSink,
): void {
  const stages = new Set(plan.stages.map(({ index }) => index));
  const report = reportChecks(dockerfile, planning, { images, ignore: definition.context.ignore, stages });
  for (const { message } of plan.warnings) tell({ kind: "warning", message });
  for (const message of report.notes) tell({ kind: "warning", message });
  const { file, text } = dockerfile.source;
  for (const { rule, message, range } of report.findings)
    tell({ kind: "finding", rule, message, excerpt: { file, text, lines: linesOf(range) } });
  if (report.failure !== undefined) throw report.failure;
}
