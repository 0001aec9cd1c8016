import { Contexts } from "./context/contexts.ts";
import { resolveImages } from "./execute/base-images.ts";
import { createExecutor } from "./execute/executor.ts";
import { OnDemand } from "./execute/on-demand.ts";
import { openDefinition } from "./execute/open-definition.ts";
import { PresentLayers } from "./execute/present-layers.ts";
import { RemoteParts } from "./execute/remote-parts.ts";
import type { Fetching } from "./fetch/fetching.ts";
import { parseDockerfile } from "./instructions/dockerfile.ts";
import { treesOf } from "./location/location.ts";
import { hostPlatform } from "./oci/platform.ts";
import { imagesNeeded, makePlan } from "./plan/plan.ts";
import type { Plan } from "./plan/step.ts";
import { Steps } from "./progress/steps.ts";
import { SshAgents } from "./secrets/ssh-agents.ts";
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
  const events = (): void => undefined;
  const steps = new Steps(events, options.signal);
  const onDemand = new OnDemand({ ...options, stdio: "none", steps });
  try {
    const definition = await openDefinition(options, onDemand, () => undefined);
    const { context, contexts } = definition;
    const dockerfile = parseDockerfile(definition.file, definition.text);
    const platform = hostPlatform();
    const planning = { ...options, platform, buildPlatform: platform, contexts, contextTime: context.commitTime };
    const engine = await onDemand.engine();
    const images = await resolveImages(engine, (known) => imagesNeeded(dockerfile, planning, known), {
      pull: options.pull,
      dockerfile: definition,
    });
    const plan = makePlan(dockerfile, images, planning);
    const epoch = plan.sourceDateEpoch ?? context.commitTime ?? 0;
    const supply = new PresentLayers(engine.store);
    const fetching = (): Promise<Fetching> => onDemand.fetching();
    const executor = createExecutor({
      ...options,
      ...engine,
      isolation: "auto",
      supply,
      contexts: new Contexts({ main: context, named: treesOf(contexts), fetching }),
      remote: new RemoteParts(engine.store, fetching),
      epoch,
      secrets: new Map(),
      agents: new SshAgents([], {}),
      events,
    });
    const forecaster = createForecaster(executor);
    const cancel = (): void => undefined;
    await solve(plan, forecaster.executor, { noCache: false, epoch, jobs: 1, steps, dockerfile: definition, cancel });
    return { plan, forecastOf: forecaster.forecastOf };
  } finally {
    await onDemand.close();
  }
}
