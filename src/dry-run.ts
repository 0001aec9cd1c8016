import { readDefinition } from "./context/definition.ts";
import { resolveImages } from "./execute/base-images.ts";
import { openEngine } from "./execute/engine.ts";
import { createExecutor } from "./execute/executor.ts";
import { PresentLayers } from "./execute/present-layers.ts";
import { parseDockerfile } from "./instructions/dockerfile.ts";
import { hostPlatform } from "./oci/platform.ts";
import { imagesNeeded, makePlan } from "./plan/plan.ts";
import type { Plan } from "./plan/step.ts";
import { Steps } from "./progress/steps.ts";
import { createForecaster, type Forecaster } from "./solve/forecast.ts";
import { solve } from "./solve/solve.ts";
import type { CallOptions } from "./call.ts";

export interface DryRun {
  readonly plan: Plan;
  readonly forecastOf: Forecaster["forecastOf"];
}

/** Plans a build and says of each step whether the cache has it. Nothing is run, fetched or unpacked but the documents of base images. */
export async function dryRun(options: CallOptions): Promise<DryRun> {
  const events = (): void => undefined;
  const steps = new Steps(events, options.signal);
  const definition = await readDefinition(options.context, options.file);
  const dockerfile = parseDockerfile(definition.file, definition.text);
  const platform = hostPlatform();
  const planning = { ...options, platform, buildPlatform: platform };
  const engine = await openEngine({ ...options, stdio: "none" });
  try {
    const images = await resolveImages(engine, (known) => imagesNeeded(dockerfile, planning, known), {
      pull: options.pull,
      dockerfile: definition,
    });
    const plan = makePlan(dockerfile, images, planning);
    const epoch = plan.sourceDateEpoch ?? 0;
    const supply = new PresentLayers(engine.store);
    const executor = createExecutor({
      ...options,
      ...engine,
      isolation: "auto",
      supply,
      context: definition,
      epoch,
      events,
    });
    const forecaster = createForecaster(executor);
    await solve(plan, forecaster.executor, { noCache: false, epoch, steps, dockerfile: definition });
    return { plan, forecastOf: forecaster.forecastOf };
  } finally {
    await engine.close();
  }
}
