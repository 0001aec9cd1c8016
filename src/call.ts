import { type CheckReport, reportChecks } from "./checks/report.ts";
import { subjectOf } from "./checks/subject.ts";
import { outlineOf, type Outline } from "./describe/outline.ts";
import { targetsOf, type Target } from "./describe/targets.ts";
import { messageOf, OciBuildError } from "./errors.ts";
import { resolveImage } from "./execute/base-images.ts";
import type { PullPolicy } from "./execute/pull-policy.ts";
import type { Engine } from "./execute/engine.ts";
import type { Dockerfile } from "./instructions/dockerfile.ts";
import type { ResolvedImage } from "./oci/image.ts";
import { formatPlatform, type Platform } from "./oci/platform.ts";
import type { ImageLookup, PlanOptions } from "./plan/options.ts";
import { imagesNeeded, makePlan } from "./plan/plan.ts";
import { type Preparation, type PreparationOptions, withPreparation } from "./preparation.ts";
import type { Source } from "./syntax/source.ts";

/** What is asked about a build instead of building it. */
export interface CallOptions extends PreparationOptions {
  readonly pull: PullPolicy;
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
  return withPreparation(options, async (preparation) => {
    const { definition, dockerfile, planning } = preparation;
    const { images, notes } = await knownBases(preparation, options);
    const report = reportChecks(dockerfile, planning, { images, ignore: definition.context.ignore });
    const problem = report.failure ?? problemOf(dockerfile, planning, images);
    return { ...report, notes: [...notes, ...report.notes], problem };
  });
}

/** What the target takes from outside: arguments, secrets, agents, caches. @throws OciBuildError */
export async function outlineBuild(options: CallOptions): Promise<{ outline: Outline; source: Source }> {
  return withPreparation(options, ({ dockerfile, planning }) =>
    Promise.resolve({ outline: outlineOf(dockerfile, planning), source: dockerfile.source }),
  );
}

/** The stages that can be built. @throws OciBuildError */
export async function targetsOfBuild(options: CallOptions): Promise<{ targets: readonly Target[]; source: Source }> {
  return withPreparation(options, ({ dockerfile }) =>
    Promise.resolve({ targets: targetsOf(dockerfile), source: dockerfile.source }),
  );
}

interface KnownBases {
  readonly images: ImageLookup;
  readonly notes: readonly string[];
}

async function knownBases(preparation: Preparation, options: CallOptions): Promise<KnownBases> {
  const { dockerfile, planning, openEngine } = preparation;
  const keyOf = (name: string, platform: Platform): string => `${formatPlatform(platform)} ${name}`;
  const found = new Map<string, ResolvedImage>();
  const notes: string[] = [];
  const images: ImageLookup = (name, platform) => found.get(keyOf(name, platform));
  const { stages } = subjectOf(dockerfile, planning, { images, ignore: [] });
  const bases = new Map(
    stages.flatMap(({ base }) => (base.kind === "image" ? [[keyOf(base.name, base.platform), base]] : [])),
  );
  if (bases.size === 0) return { images, notes };
  const engine = await openEngine().catch((error: unknown) => messageOf(error));
  if (typeof engine === "string") return { images, notes: [`no base image could be looked up: ${engine}`] };
  await Promise.all([...bases].map(([key, { name, platform }]) => look(engine, key, { name, platform })));
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
