import { createExecutor } from "./execute/executor.ts";
import { PresentLayers } from "./execute/present-layers.ts";
import type { Plan } from "./plan/step.ts";
import { planBuild, withPreparation } from "./preparation.ts";
import { createForecaster, type Forecaster } from "./solve/forecast.ts";
import { solve } from "./solve/solve.ts";
import type { CallOptions } from "./call.ts";

export interface DryRun {
  readonly plan: Plan;
  readonly forecastOf: Forecaster["forecastOf"];
}

/**
 * Plans a build and says of each step whether the cache has it. Nothing is run or
 * unpacked; what is fetched are the documents of base images, and what the context and ADD take from elsewhere.
 */
export async function dryRun(options: CallOptions): Promise<DryRun> {
  return withPreparation(options, async (preparation) => {
    const { plan, engine, epoch } = await planBuild(preparation, options);
    const { definition, sources, steps } = preparation;
    const supply = new PresentLayers(engine.store);
    const events = (): void => undefined;
    const executor = createExecutor({ ...options, ...engine, supply, sources, isolation: "auto", epoch, events });
    const forecaster = createForecaster(executor);
    const cancel = (): void => undefined;
    await solve(plan, forecaster.executor, {
      cache: { kind: "use" },
      epoch,
      jobs: 1,
      steps,
      dockerfile: definition,
      cancel,
    });
    return { plan, forecastOf: forecaster.forecastOf };
  });
}
