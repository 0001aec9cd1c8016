import { showGitRemote } from "../location/git-location.ts";
import { formatPlatform } from "../oci/platform.ts";
import type { FileSource, Plan, Stage, StageBase, Step } from "../plan/step.ts";

/** What is known of a step beforehand; steps without a layer have nothing to look up. */
export type StepForecast = "hit" | "miss" | "unknown" | "none";

/** A plan as a graph: stages of steps, and what they read. Plain data, as `--format json` prints it. */
export interface PlanGraph {
  readonly platform: string;
  readonly target: number;
  readonly stages: readonly GraphStage[];
}

export interface GraphStage {
  readonly index: number;
  readonly name: string;
  readonly base: GraphSource;
  readonly steps: readonly GraphStep[];
}

export interface GraphStep {
  readonly kind: Step["kind"];
  readonly title: string;
  readonly lines: { readonly start: number; readonly end: number };
  readonly createdBy: string;
  readonly cache: StepForecast;
  /** Where it takes files from, beside the file system below it. */
  readonly reads: readonly GraphSource[];
}

export type GraphSource =
  | { readonly kind: "scratch" }
  /** The build context, or a named one. */
  | { readonly kind: "context"; readonly name?: string }
  | { readonly kind: "stage"; readonly stage: number }
  | { readonly kind: "image"; readonly name: string; readonly digest: string }
  | { readonly kind: "url" | "git"; readonly url: string };

export function planGraph(plan: Plan, forecastOf: (step: Step) => StepForecast): PlanGraph {
  return {
    platform: formatPlatform(plan.platform),
    target: plan.target,
    stages: plan.stages.map((stage) => graphStage(stage, forecastOf)),
  };
}

function graphStage({ index, name, base, steps }: Stage, forecastOf: (step: Step) => StepForecast): GraphStage {
  return {
    index,
    name,
    base: sourceOf(base),
    steps: steps.map((step) => {
      const { kind, title, lines, createdBy } = step;
      return { kind, title, lines, createdBy, cache: forecastOf(step), reads: readsOf(step) };
    }),
  };
}

function readsOf(step: Step): readonly GraphSource[] {
  if (step.kind !== "copy") return [];
  return step.parts.flatMap((part) => {
    switch (part.kind) {
      case "paths":
        return [sourceOf(part.from)];
      case "inline":
        return [];
      case "url":
        return [{ kind: part.kind, url: withoutSecrets(part.url) }];
      case "git":
        return [{ kind: part.kind, url: showGitRemote(part.location) }];
    }
  });
}

function sourceOf(source: StageBase | FileSource): GraphSource {
  switch (source.kind) {
    case "scratch":
      return source;
    case "context":
      return source.name === undefined ? { kind: source.kind } : { kind: source.kind, name: source.name };
    case "stage":
      return { kind: "stage", stage: source.stage };
    case "image":
      return { kind: "image", name: source.image.name, digest: source.image.manifestDigest };
  }
}

/** Without a user and a password. */
function withoutSecrets(url: string): string {
  return url.replace(/^([a-z+]+:\/\/)[^/@]*@/, "$1");
}
