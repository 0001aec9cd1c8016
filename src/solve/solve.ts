import type { Plan, Stage, StageIndex } from "../plan/step.ts";
import { type CachePolicy, stepsToRunAgain } from "../plan/cache-policy.ts";
import type { Executor } from "./executor.ts";
import { Jobs } from "./jobs.ts";
import type { Chain } from "./keys.ts";
import { type Shared, type Solving, StageSolver } from "./stage-solver.ts";

export interface SolveOptions extends Solving {
  readonly cache: CachePolicy;
  /** How many steps may be worked on at once. */
  readonly jobs: number;
  /** Hears of the first failure before anybody else: whatever else is under way should end. */
  readonly cancel: (reason: unknown) => void;
}

/**
 * Works through a plan and answers the file system of each stage. Stages go on side by side, and a step begins as soon as
 * what it reads is there.
 * @throws OciBuildError of the first step that fails, when all others have ended
 */
export async function solve(
  plan: Plan,
  executor: Executor,
  options: SolveOptions,
): Promise<ReadonlyMap<StageIndex, Chain>> {
  const shared: Shared = {
    plan,
    executor,
    options,
    chains: new Map(),
    jobs: new Jobs(options.jobs),
    runsAgain: stepsToRunAgain(options.cache, plan),
    underWay: new Map(),
    origins: new Map(),
  };
  let failure: { readonly error: unknown } | undefined;
  const fail = (error: unknown): void => {
    if (failure !== undefined) return;
    failure = { error };
    options.cancel(error);
  };
  const exported = exportedStages(plan);
  for (const stage of plan.stages) {
    const chain = new StageSolver(stage, shared, { exported: exported.has(stage.index), fail }).run();
    chain.catch(fail);
    shared.chains.set(stage.index, chain);
  }
  await Promise.allSettled(shared.chains.values());
  if (failure !== undefined) throw failure.error;
  return new Map(await Promise.all([...shared.chains].map(async ([index, chain]) => [index, await chain] as const)));
}

/** The target and the stages that it is FROM: their layers are in the image, those of others are not. */
function exportedStages(plan: Plan): ReadonlySet<StageIndex> {
  const exported = new Set<StageIndex>();
  let at: StageIndex | undefined = plan.target;
  while (at !== undefined) {
    exported.add(at);
    const base: Stage["base"] | undefined = plan.stages.find((s) => s.index === at)?.base;
    at = base?.kind === "stage" ? base.stage : undefined;
  }
  return exported;
}
