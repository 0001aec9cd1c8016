import { type Excerpt, located } from "../errors.ts";
import type { CacheKey, DiffId } from "../oci/digest.ts";
import { cacheKeyOf } from "../oci/hash.ts";
import type { BindMount } from "../plan/mount.ts";
import type { CopyPart, CopyStep, FileSource, Plan, RunStep, Stage, StageIndex } from "../plan/step.ts";
import type { StepId } from "../progress/event.ts";
import type { Steps, Worked } from "../progress/steps.ts";
import { type Chain, chainBelow, type Copied, type LayerStep, stepInputs } from "./keys.ts";

/** What the solver needs done. It decides what runs; it knows nothing of tars, mounts or registries. */
export interface Executor {
  /** Whether all layers of a base are in the store, packed or unpacked. */
  holds(layers: Chain): Promise<boolean>;
  /** The layer that a step with this key made before, if it can still be had. */
  lookUp(key: CacheKey): Promise<DiffId | undefined>;
  remember(key: CacheKey, inputs: string, diffId: DiffId): Promise<void>;
  /** Digest of what a part of a COPY selects. */
  contentOf(part: CopyPart, step: CopyStep, work: StepWork): Promise<string>;
  /** Digest of what a bind mount of a RUN shows. */
  mountedContentOf(mount: BindMount, step: RunStep, work: StepWork): Promise<string>;
  /** The owner that a COPY gives to its files, by numbers: names are those of the accounts of a file system. */
  ownerOf(owner: string, accounts: Chain): Promise<string>;
  /** Runs a step on top of `work.chain` and answers the layer that came of it. */
  execute(step: LayerStep, work: StepWork): Promise<DiffId>;
  /** Hears of each layer of the stages that the image consists of, as soon as it is known. */
  layerReady(diffId: DiffId): void;
}

export interface StepWork {
  readonly id: StepId;
  readonly chain: Chain;
  /** The file system that files are taken from; undefined for the build context. */
  readonly filesOf: (source: FileSource) => Chain | undefined;
}

export interface SolveOptions {
  /** Names the Dockerfile in errors. */
  readonly dockerfile: Omit<Excerpt, "lines">;
  /** Do not look results up; what is made is still remembered. */
  readonly noCache: boolean;
  readonly epoch: number | undefined;
  readonly steps: Steps;
}

/** Works through a plan and answers the file system of each stage. @throws OciBuildError of the first step that fails */
export async function solve(
  plan: Plan,
  executor: Executor,
  options: SolveOptions,
): Promise<ReadonlyMap<StageIndex, Chain>> {
  const chains = new Map<StageIndex, Chain>();
  const exported = exportedStages(plan);
  for (const stage of plan.stages) {
    const solver = new StageSolver(stage, chains, { plan, executor, options, exported: exported.has(stage.index) });
    chains.set(stage.index, await solver.run());
  }
  return chains;
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

interface Surrounding {
  readonly plan: Plan;
  readonly executor: Executor;
  readonly options: SolveOptions;
  readonly exported: boolean;
}

class StageSolver {
  readonly #stage: Stage;
  readonly #chains: ReadonlyMap<StageIndex, Chain>;
  readonly #plan: Plan;
  readonly #executor: Executor;
  readonly #options: SolveOptions;
  readonly #exported: boolean;

  constructor(
    stage: Stage,
    chains: ReadonlyMap<StageIndex, Chain>,
    { plan, executor, options, exported }: Surrounding,
  ) {
    this.#stage = stage;
    this.#chains = chains;
    this.#plan = plan;
    this.#executor = executor;
    this.#options = options;
    this.#exported = exported;
  }

  async run(): Promise<Chain> {
    const steps = this.#stage.steps.filter((step): step is LayerStep => step.kind !== "metadata");
    const total = steps.length + 1;
    let chain = await this.#base(total);
    for (const [index, step] of steps.entries()) {
      const diffId = await this.#step(step, chain, `${this.#label(index + 2, total)} ${step.title}`);
      chain = [...chain, diffId];
      if (this.#exported) this.#executor.layerReady(diffId);
    }
    return chain;
  }

  async #base(total: number): Promise<Chain> {
    const { base } = this.#stage;
    switch (base.kind) {
      case "scratch":
        return [];
      case "stage":
        return this.#chainOf(base.stage);
      case "image": {
        const { name, manifestDigest, layers } = base.image;
        const chain = layers.map((layer) => layer.diffId);
        // Layers that are not here yet are fetched when a step needs them, or when the image is put together.
        return this.#options.steps.run(`${this.#label(1, total)} FROM ${name}@${manifestDigest}`, async () => ({
          value: chain,
          cached: await this.#executor.holds(chain),
        }));
      }
    }
  }

  async #step(step: LayerStep, chain: Chain, title: string): Promise<DiffId> {
    try {
      return await this.#options.steps.run(title, (id) =>
        this.#solve(step, { id, chain, filesOf: (source) => this.#filesOf(source) }),
      );
    } catch (error) {
      throw located(error, { ...this.#options.dockerfile, lines: step.lines });
    }
  }

  async #solve(step: LayerStep, work: StepWork): Promise<Worked<DiffId>> {
    const copied = step.kind === "copy" ? await this.#copied(step, work) : undefined;
    const mounted = step.kind === "run" ? await this.#mounted(step, work) : undefined;
    const chain = chainBelow(step, work.chain);
    const inputs = stepInputs(step, { chain, epoch: this.#options.epoch, copied, mounted });
    const key = cacheKeyOf(inputs);
    const known = this.#options.noCache ? undefined : await this.#executor.lookUp(key);
    if (known !== undefined) return { value: known, cached: true };
    const definite = step.kind === "copy" ? { ...step, owner: copied?.owner ?? step.owner } : step;
    const diffId = await this.#executor.execute(definite, { ...work, chain });
    await this.#executor.remember(key, inputs, diffId);
    return { value: diffId, cached: false };
  }

  async #copied(step: CopyStep, work: StepWork): Promise<Copied> {
    const contents: string[] = [];
    for (const part of step.parts) contents.push(await this.#executor.contentOf(part, step, work));
    const { owner, link } = step;
    if (!link || owner === undefined) return { contents };
    return { contents, owner: await this.#executor.ownerOf(owner, work.chain) };
  }

  #mounted(step: RunStep, work: StepWork): Promise<readonly (string | undefined)[]> {
    return Promise.all(
      step.mounts.map((mount) =>
        mount.kind === "bind" ? this.#executor.mountedContentOf(mount, step, work) : Promise.resolve(undefined),
      ),
    );
  }

  #filesOf(source: FileSource): Chain | undefined {
    switch (source.kind) {
      case "context":
        return undefined;
      case "stage":
        return this.#chainOf(source.stage);
      case "image":
        return source.image.layers.map((layer) => layer.diffId);
    }
  }

  #chainOf(stage: StageIndex): Chain {
    const chain = this.#chains.get(stage);
    if (chain === undefined) throw new TypeError(`stage ${stage} is used before it is solved`);
    return chain;
  }

  /** BuildKit's numbering: FROM counts as 1, steps without a layer do not count. */
  #label(index: number, total: number): string {
    return this.#plan.stages.length === 1 && this.#stage.name.startsWith("stage-")
      ? `[${index}/${total}]`
      : `[${this.#stage.name} ${index}/${total}]`;
  }
}
