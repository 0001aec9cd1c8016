import { OciBuildError } from "../errors.ts";
import { suggest } from "../syntax/suggest.ts";
import type { MetadataStep, Plan, Stage, Step } from "./step.ts";

/** A step that makes a layer. */
type LayerStep = Exclude<Step, MetadataStep>;

/** Which steps are run although the store knows what they make. What they make is remembered in any case. */
export type CachePolicy =
  | { readonly kind: "use" }
  | { readonly kind: "ignore" }
  /** `stages` are names or indexes; `steps` are `N` of the target, `STAGE:N`, or the beginning of an instruction. */
  | { readonly kind: "ignore-some"; readonly stages: readonly string[]; readonly steps: readonly string[] };

/** A step at its place: `number` is the one that progress shows, where FROM is 1. */
export interface PlacedStep {
  readonly stage: Stage;
  readonly number: number;
  readonly step: LayerStep;
}

/** The steps of a stage that make layers, with BuildKit's numbers: FROM counts as 1, steps without a layer do not count. */
export function placedSteps(stage: Stage): readonly PlacedStep[] {
  const steps = stage.steps.filter((step): step is LayerStep => step.kind !== "metadata");
  return steps.map((step, index) => ({ stage, number: index + 2, step }));
}

/**
 * The steps that a policy wants to run again. Stages are matched by name whatever the case, as BuildKit's
 * `--no-cache-filter` does; unlike there, a name that fits nothing is an error.
 * @throws OciBuildError `step-unknown`
 */
export function stepsToRunAgain(policy: CachePolicy, plan: Plan): (step: LayerStep) => boolean {
  switch (policy.kind) {
    case "use":
      return () => false;
    case "ignore":
      return () => true;
    case "ignore-some": {
      const all = plan.stages.flatMap(placedSteps);
      const stages = policy.stages.map((wanted) => stageOf(wanted, plan, "--no-cache-filter"));
      const chosen = policy.steps.flatMap((wanted) => stepsNamed(wanted, plan, "--no-cache-step"));
      const again = new Set([...all.filter(({ stage }) => stages.includes(stage)), ...chosen].map(({ step }) => step));
      return (step) => again.has(step);
    }
  }
}

function stageOf(wanted: string, plan: Plan, flag: string): Stage {
  const found = plan.stages.find(({ name, index }) => sameName(name, wanted) || String(index) === wanted);
  if (found !== undefined) return found;
  const names = plan.stages.map(({ name }) => name);
  const meant = suggest(wanted, names);
  throw new OciBuildError("step-unknown", `${flag}: this build has no stage ${JSON.stringify(wanted)}`, {
    hint: meant === undefined ? `its stages are ${names.join(", ")}` : `did you mean ${meant}?`,
  });
}

/**
 * The steps that a user means by `N` of the target, `STAGE:N`, or the beginning of an instruction.
 * @throws OciBuildError `step-unknown`, which names the flag
 */
export function stepsNamed(wanted: string, plan: Plan, flag: string): readonly PlacedStep[] {
  const all = plan.stages.flatMap(placedSteps);
  const [, stageName, number] = /^(?:(.+):)?(\d+)$/.exec(wanted) ?? [];
  const target = plan.stages.at(-1);
  const stage = stageName === undefined ? target : stageOf(stageName, plan, flag);
  const found =
    number === undefined
      ? all.filter(({ step }) => sameBeginning(step.title, wanted))
      : all.filter((placed) => placed.stage === stage && placed.number === Number(number));
  if (found.length > 0) return found;
  throw new OciBuildError("step-unknown", `${flag}: this build has no step ${JSON.stringify(wanted)}`, {
    hint: "write the number that progress shows (N for the last stage, STAGE:N for another), or how the instruction begins; ENV, LABEL and the like are no steps",
  });
}

function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function sameBeginning(title: string, wanted: string): boolean {
  const words = (text: string): string => text.trim().replace(/\s+/g, " ");
  return wanted.trim() !== "" && sameName(words(title).slice(0, words(wanted).length), words(wanted));
}
