import { OciBuildError } from "../errors.ts";
import type { Dockerfile, StageSource } from "../instructions/dockerfile.ts";
import type { ResolvedImage } from "../oci/image.ts";
import type { Platform } from "../oci/platform.ts";
import { settleArgs } from "../plan/epoch.ts";
import type { PlanOptions } from "../plan/options.ts";
import { resolveBase } from "../plan/stages.ts";
import { readTriggers, triggersOf } from "../plan/triggers.ts";
import { ignores } from "./ignore-pattern.ts";
import { startVariables, type Visit, type Variables, visitStage } from "./variables.ts";

/** A Dockerfile as the rules see it. */
export interface FileSubject {
  readonly dockerfile: Dockerfile;
  readonly options: PlanOptions;
  /** Global arguments with their values. */
  readonly globals: ReadonlyMap<string, string>;
  /** Every stage, in order. */
  readonly stages: readonly StageSubject[];
  /**
   * Whether `.dockerignore` keeps a cleaned path out of the context. Undefined where it names nothing, and where it has `!`
   * patterns, with which BuildKit says nothing: a directory may be ignored and a file in it be kept.
   */
  readonly isIgnored: ((path: string) => boolean) | undefined;
}

export interface StageSubject {
  readonly source: StageSource;
  readonly base: StageBase;
  /** The instructions behind FROM, with the variables that each of them sees. */
  readonly visits: readonly Visit[];
  /** What the stages below it, of this Dockerfile, leave to it. */
  readonly inherits: Inherited;
  /** What it leaves to the stages that are FROM it. */
  readonly leaves: Inherited;
  /** What a stage that is FROM this one starts with. */
  readonly end: Variables;
}

export interface Inherited {
  /** Whether a SHELL was chosen, or may have been: then the shell form is taken as meant. */
  readonly shell: boolean;
  /** Whether a WORKDIR of this Dockerfile was passed. */
  readonly workdir: boolean;
}

/** What a stage stands on. */
export type StageBase =
  | { readonly kind: "scratch" }
  | { readonly kind: "stage"; readonly stage: StageSubject }
  /** `image` is undefined where it could not be had: what depends on it is then not checked. */
  | { readonly kind: "image"; readonly name: string; readonly platform: Platform; readonly image?: ResolvedImage }
  /** FROM is wrong, which the plan tells. */
  | { readonly kind: "unknown" };

export interface Known {
  /** Gives the images that are known. */
  readonly images: (name: string, platform: Platform) => ResolvedImage | undefined;
  /** Cleaned .dockerignore patterns. */
  readonly ignore: readonly string[];
}

/** Gathers what the rules need. @throws OciBuildError when a global argument cannot be expanded */
export function subjectOf(dockerfile: Dockerfile, asked: PlanOptions, known: Known): FileSubject {
  const { options, globals } = settleArgs(dockerfile, asked);
  const stages: StageSubject[] = [];
  for (const source of dockerfile.stages) {
    const base = baseOf(source, { dockerfile, options, globals, images: known.images, stages });
    const visited = visitStage(source, {
      start: startOf(base),
      triggers: readTriggers(dockerfile, source, { texts: inheritedTriggers(base), owner: "" }, []),
      escape: dockerfile.escape,
      args: { buildArgs: options.buildArgs, globals },
    });
    const inherits = inheritedFrom(base);
    const leaves = {
      shell: inherits.shell || source.instructions.some(({ kind }) => kind === "shell"),
      workdir: inherits.workdir || source.instructions.some(({ kind }) => kind === "workdir"),
    };
    stages.push({ source, base, inherits, leaves, ...visited });
  }
  return { dockerfile, options, globals, stages, isIgnored: ignoring(known.ignore) };
}

function ignoring(patterns: readonly string[]): FileSubject["isIgnored"] {
  if (patterns.length === 0 || patterns.some((pattern) => pattern.startsWith("!"))) return undefined;
  return ignores(patterns);
}

interface BaseContext {
  readonly dockerfile: Dockerfile;
  readonly options: PlanOptions;
  readonly globals: ReadonlyMap<string, string>;
  readonly images: Known["images"];
  /** The stages before it. */
  readonly stages: readonly StageSubject[];
}

function baseOf(source: StageSource, { dockerfile, options, globals, images, stages }: BaseContext): StageBase {
  try {
    const reference = resolveBase(dockerfile, source, { globals, options });
    if (reference.kind === "scratch" || reference.kind === "context") return { kind: "scratch" };
    if (reference.kind === "image") {
      const image = images(reference.name, reference.platform);
      return { ...reference, ...(image !== undefined && { image }) };
    }
    const stage = stages[reference.stage];
    return stage === undefined ? { kind: "unknown" } : { kind: "stage", stage };
  } catch (error) {
    if (error instanceof OciBuildError) return { kind: "unknown" };
    throw error;
  }
}

function startOf(base: StageBase): Variables {
  switch (base.kind) {
    case "scratch":
      return startVariables(undefined);
    case "stage":
      return base.stage.end;
    case "image":
      return base.image === undefined ? { kind: "unknown" } : startVariables(base.image.config);
    case "unknown":
      return { kind: "unknown" };
  }
}

/** ONBUILD triggers may define variables; those that are wrong are errors of the plan. */
function inheritedTriggers(base: StageBase): readonly string[] {
  if (base.kind === "image") return base.image?.config.config?.OnBuild ?? [];
  return base.kind === "stage" ? triggersOf(base.stage.source.instructions) : [];
}

/** An image that is not known might have a SHELL. */
function inheritedFrom(base: StageBase): Inherited {
  switch (base.kind) {
    case "scratch":
      return { shell: false, workdir: false };
    case "unknown":
      return { shell: true, workdir: false };
    case "stage":
      return base.stage.leaves;
    case "image": {
      const shell = base.image === undefined || (base.image.config.config?.Shell ?? []).length > 0;
      return { shell, workdir: false };
    }
  }
}
