import { type CheckReport, reportChecks } from "./checks/report.ts";
import { subjectOf } from "./checks/subject.ts";
import type { Definition } from "./context/definition.ts";
import { outlineOf, type Outline } from "./describe/outline.ts";
import { targetsOf, type Target } from "./describe/targets.ts";
import { messageOf, OciBuildError } from "./errors.ts";
import { resolveImage } from "./execute/base-images.ts";
import { type Engine, openEngine } from "./execute/engine.ts";
import { OnDemand } from "./execute/on-demand.ts";
import { openDefinition } from "./execute/open-definition.ts";
import { type Dockerfile, parseDockerfile } from "./instructions/dockerfile.ts";
import type { ResolvedImage } from "./oci/image.ts";
import { formatPlatform, hostPlatform, type Platform } from "./oci/platform.ts";
import type { ImageLookup, PlanOptions } from "./plan/options.ts";
import { imagesNeeded, makePlan } from "./plan/plan.ts";
import { Steps } from "./progress/steps.ts";
import type { Source } from "./syntax/source.ts";

/** What is asked about a build instead of building it. */
export interface CallOptions {
  /** As `BuildOptions` take it. */
  readonly context: string;
  readonly buildContexts?: readonly string[];
  readonly file?: string | undefined;
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly target?: string | undefined;
  readonly pull: boolean;
  readonly root: string;
  readonly insecureRegistries?: readonly string[];
  readonly signal: AbortSignal;
}

export interface CheckAnswer extends CheckReport {
  /** Why it could not be built; the build checks have been asked nevertheless. */
  readonly problem: OciBuildError | undefined;
}

/**
 * Runs the build checks over every stage. Base images' configurations are looked up where a stage has one; what cannot be
 * had is told and left out.
 * @throws OciBuildError when the Dockerfile cannot be read
 */
export async function checkBuild(options: CallOptions): Promise<CheckAnswer> {
  const { definition, dockerfile, planning } = await prepare(options);
  const { images, notes } = await knownBases(dockerfile, planning, options);
  const report = reportChecks(dockerfile, planning, { images, ignore: definition.context.ignore });
  const problem = report.failure ?? problemOf(dockerfile, planning, images);
  return { ...report, notes: [...notes, ...report.notes], problem };
}

/** What the target takes from outside: arguments, secrets, agents, caches. @throws OciBuildError */
export async function outlineBuild(options: CallOptions): Promise<{ outline: Outline; source: Source }> {
  const { dockerfile, planning } = await prepare(options);
  return { outline: outlineOf(dockerfile, planning), source: dockerfile.source };
}

/** The stages that can be built. @throws OciBuildError */
export async function targetsOfBuild(options: CallOptions): Promise<{ targets: readonly Target[]; source: Source }> {
  const { dockerfile } = await prepare(options);
  return { targets: targetsOf(dockerfile), source: dockerfile.source };
}

interface Prepared {
  readonly definition: Definition;
  readonly dockerfile: Dockerfile;
  readonly planning: PlanOptions;
}

async function prepare(options: CallOptions): Promise<Prepared> {
  const onDemand = new OnDemand({ ...options, stdio: "none", steps: new Steps(() => undefined, options.signal) });
  const definition = await openDefinition(options, onDemand, () => undefined).finally(() => onDemand.close());
  const dockerfile = parseDockerfile(definition.file, definition.text);
  const platform = hostPlatform();
  const { context, contexts } = definition;
  const planning = { ...options, platform, buildPlatform: platform, contexts, contextTime: context.commitTime };
  return { definition, dockerfile, planning };
}

interface KnownBases {
  readonly images: ImageLookup;
  readonly notes: readonly string[];
}

async function knownBases(dockerfile: Dockerfile, planning: PlanOptions, options: CallOptions): Promise<KnownBases> {
  const keyOf = (name: string, platform: Platform): string => `${formatPlatform(platform)} ${name}`;
  const found = new Map<string, ResolvedImage>();
  const notes: string[] = [];
  const images: ImageLookup = (name, platform) => found.get(keyOf(name, platform));
  const { stages } = subjectOf(dockerfile, planning, { images, ignore: [] });
  const bases = new Map(
    stages.flatMap(({ base }) => (base.kind === "image" ? [[keyOf(base.name, base.platform), base]] : [])),
  );
  if (bases.size === 0) return { images, notes };
  const engine = await openEngine({ ...options, stdio: "none" }).catch((error: unknown) => messageOf(error));
  if (typeof engine === "string") return { images, notes: [`no base image could be looked up: ${engine}`] };
  try {
    await Promise.all([...bases].map(([key, { name, platform }]) => look(engine, key, { name, platform })));
  } finally {
    await engine.close();
  }
  return { images, notes };

  async function look(from: Engine, key: string, { name, platform }: { name: string; platform: Platform }) {
    try {
      found.set(key, await resolveImage(from, name, { platform, pull: options.pull }));
    } catch (error) {
      options.signal.throwIfAborted();
      notes.push(messageOf(error));
    }
  }
}

/** The error that a build would end with before anything runs. With images missing, planning goes only as far as them. */
function problemOf(dockerfile: Dockerfile, planning: PlanOptions, images: ImageLookup): OciBuildError | undefined {
  try {
    if (imagesNeeded(dockerfile, planning, images).length === 0) makePlan(dockerfile, images, planning);
    return undefined;
  } catch (error) {
    if (error instanceof OciBuildError) return error;
    throw error;
  }
}
