import { type Excerpt, located } from "../errors.ts";
import type { CacheKey, DiffId } from "../oci/digest.ts";
import { cacheKeyOf } from "../oci/hash.ts";
import type { CopyStep, FileSource, Plan, RunStep, Stage, StageIndex } from "../plan/step.ts";
import type { Steps, Worked } from "../progress/steps.ts";
import { placedSteps } from "../plan/cache-policy.ts";
import type { Executor, StepPlace, StepWork } from "./executor.ts";
import type { Jobs } from "./jobs.ts";
import type { Inputs, LayerOrigin } from "./miss.ts";
import { type Chain, chainBelow, type Copied, type LayerStep, stepInputs } from "./keys.ts";

export interface Solving {
  /** Names the Dockerfile in errors. */
  readonly dockerfile: Omit<Excerpt, "lines">;
  readonly epoch: number | undefined;
  readonly steps: Steps;
}

/** What the stages of one build have in common. */
export interface Shared {
  readonly plan: Plan;
  readonly executor: Executor;
  readonly options: Solving;
  /** A stage stands here before any that reads it begins: the plan has them in that order. */
  readonly chains: Map<StageIndex, Promise<Chain>>;
  readonly jobs: Jobs;
  /** Where the layers of this build come from, by diffID. */
  readonly origins: Map<string, LayerOrigin>;
  /** Whether a step is run although it may be known. */
  readonly runsAgain: (step: LayerStep) => boolean;
  /** Steps of this build by their keys, so that two stages which say the same do it once. */
  readonly underWay: Map<CacheKey, Promise<DiffId>>;
}

/** A step at its place, and how it is shown. */
interface Shown {
  readonly step: LayerStep;
  readonly place: StepPlace;
  readonly title: string;
}

interface StageOptions {
  /** Its layers are part of the image. */
  readonly exported: boolean;
  readonly fail: (error: unknown) => void;
}

export class StageSolver {
  readonly #stage: Stage;
  readonly #shared: Shared;
  readonly #options: StageOptions;

  constructor(stage: Stage, shared: Shared, options: StageOptions) {
    this.#stage = stage;
    this.#shared = shared;
    this.#options = options;
  }

  /** Lets every step begin as soon as it can, and answers the stage's file system when all have ended. */
  async run(): Promise<Chain> {
    const steps = placedSteps(this.#stage);
    const total = steps.length + 1;
    let chain = this.#base(total);
    const layers: Promise<DiffId>[] = [];
    for (const { number, step } of steps) {
      const place = { stage: this.#stage.name, number, base: baseOf(this.#stage) };
      const layer = this.#step(
        { step, place, title: `${this.#label(number, total)} ${step.title}` },
        readsBelow(step) ? chain : noLayers,
      );
      layers.push(layer);
      chain = appended(chain, layer);
    }
    await Promise.allSettled(layers);
    return chain;
  }

  async #base(total: number): Promise<Chain> {
    const { base } = this.#stage;
    const { executor, options, origins } = this.#shared;
    switch (base.kind) {
      case "scratch":
        return [];
      case "stage":
        return this.#chainOf(base.stage);
      case "image": {
        const { name, manifestDigest, layers } = base.image;
        const chain = layers.map((layer) => layer.diffId);
        for (const diffId of chain) origins.set(diffId, { kind: "image", image: `${name}@${manifestDigest}` });
        // Layers that are not here yet are fetched when a step needs them, or when the image is put together.
        return options.steps.run(`${this.#label(1, total)} FROM ${name}@${manifestDigest}`, async () => ({
          value: chain,
          cached: await executor.holds(chain),
        }));
      }
    }
  }

  async #step({ step, place, title }: Shown, below: Promise<Chain>): Promise<DiffId> {
    const { executor, options, jobs, origins } = this.#shared;
    const chain = await below;
    const filesOf = await this.#sources(step);
    try {
      const diffId = await jobs.run(() =>
        options.steps.run(title, (id) => this.#solve(step, { id, place, chain, filesOf })),
      );
      if (!origins.has(diffId)) origins.set(diffId, { kind: "step", title });
      if (this.#options.exported) executor.layerReady(diffId);
      return diffId;
    } catch (error) {
      const failure = located(error, { ...options.dockerfile, lines: step.lines });
      this.#options.fail(failure);
      throw failure;
    }
  }

  async #solve(step: LayerStep, work: StepWork): Promise<Worked<DiffId>> {
    const { executor, options, underWay, runsAgain } = this.#shared;
    const copied = step.kind === "copy" ? await this.#copied(step, work) : undefined;
    const mounted = step.kind === "run" ? await this.#mounted(step, work) : undefined;
    const chain = chainBelow(step, work.chain);
    const inputs = stepInputs(step, { chain, epoch: options.epoch, copied, mounted });
    const key = cacheKeyOf(inputs);
    const settled = (value: DiffId, cached: boolean): Worked<DiffId> => {
      executor.settled({ title: step.title, key }, work.place);
      return { value, cached };
    };
    const known = runsAgain(step) ? undefined : await executor.lookUp(key, inputs);
    if (known !== undefined) return settled(known, true);
    const twin = underWay.get(key);
    if (twin !== undefined) return settled(await twin, true);
    const definite = step.kind === "copy" ? { ...step, owner: copied?.owner ?? step.owner } : step;
    const made = this.#make(definite, { ...work, chain }, { key, inputs });
    underWay.set(key, made);
    return settled(await made, false);
  }

  async #make(step: LayerStep, work: StepWork, { key, inputs }: { key: CacheKey; inputs: string }): Promise<DiffId> {
    const { executor, options, origins, runsAgain } = this.#shared;
    const missed = { title: step.title, key, inputs: JSON.parse(inputs) as Inputs };
    const reason = runsAgain(step)
      ? "it was asked to run again"
      : await executor.explain(missed, work, (diffId) => origins.get(diffId));
    options.steps.emit({ kind: "step-reason", step: work.id, reason });
    const diffId = await executor.execute(step, work);
    await executor.remember(key, inputs, diffId);
    return diffId;
  }

  async #copied(step: CopyStep, work: StepWork): Promise<Copied> {
    const { executor } = this.#shared;
    const contents: string[] = [];
    for (const part of step.parts) contents.push(await executor.contentOf(part, step, work));
    const { owner, link } = step;
    if (!link || owner === undefined) return { contents };
    return { contents, owner: await executor.ownerOf(owner, work.chain) };
  }

  #mounted(step: RunStep, work: StepWork): Promise<readonly (string | undefined)[]> {
    const { executor } = this.#shared;
    return Promise.all(
      step.mounts.map((mount) =>
        mount.kind === "bind" ? executor.mountedContentOf(mount, step, work) : Promise.resolve(undefined),
      ),
    );
  }

  /** The file systems that a step takes files from, once they are there. */
  async #sources(step: LayerStep): Promise<StepWork["filesOf"]> {
    const chains = new Map<StageIndex, Chain>();
    for (const source of sourcesOf(step))
      if (source.kind === "stage") chains.set(source.stage, await this.#chainOf(source.stage));
    return (source) => {
      switch (source.kind) {
        case "context":
          return undefined;
        case "stage":
          return chains.get(source.stage);
        case "image":
          return source.image.layers.map((layer) => layer.diffId);
      }
    };
  }

  #chainOf(stage: StageIndex): Promise<Chain> {
    const chain = this.#shared.chains.get(stage);
    if (chain === undefined) throw new TypeError(`stage ${stage} is used before it is planned`);
    return chain;
  }

  #label(index: number, total: number): string {
    return this.#shared.plan.stages.length === 1 && this.#stage.name.startsWith("stage-")
      ? `[${index}/${total}]`
      : `[${this.#stage.name} ${index}/${total}]`;
  }
}

function baseOf({ base }: Stage): string | undefined {
  return base.kind === "image" ? `${base.image.name}@${base.image.manifestDigest}` : undefined;
}

const noLayers: Promise<Chain> = Promise.resolve([]);

async function appended(chain: Promise<Chain>, layer: Promise<DiffId>): Promise<Chain> {
  const [below, diffId] = await Promise.all([chain, layer]);
  return [...below, diffId];
}

/** Whether a step must wait for those before it: an independent layer need not, unless the name of its owner is looked up there. */
function readsBelow(step: LayerStep): boolean {
  return !(step.kind === "copy" && step.link && /^(\d+(:\d+)?)?$/.test(step.owner ?? ""));
}

function sourcesOf(step: LayerStep): readonly FileSource[] {
  switch (step.kind) {
    case "copy":
      return step.parts.flatMap((part) => (part.kind === "paths" ? [part.from] : []));
    case "run":
      return step.mounts.flatMap((mount) =>
        mount.kind === "bind"
          ? [mount.from]
          : mount.kind === "cache" && mount.seed !== undefined
            ? [mount.seed.from]
            : [],
      );
    case "workdir":
      return [];
  }
}
