import { createHash } from "node:crypto";
import { join } from "node:path";
import { OciBuildError, unreachable } from "../errors.ts";
import type { Isolation, Selection } from "../helper/messages.ts";
import { type DiffId } from "../oci/digest.ts";
import { cacheKeyOf } from "../oci/hash.ts";
import type { CopyStep } from "../plan/step.ts";
import type { EventSink } from "../progress/event.ts";
import { type Chain, keepsOwner, type LayerStep, selectionInputs } from "../solve/keys.ts";
import type { Executor, StepWork } from "../solve/solve.ts";
import { findContent, findStep, rememberContent, rememberStep } from "../store/steps.ts";
import type { Store } from "../store/store.ts";
import { type Committing, lowersOf, makeLayer, withInlineFiles, withMount } from "./rootfs.ts";
import { runProcess } from "./run-step.ts";
import type { LayerSupply } from "./supply.ts";

/** The files that COPY reads without --from. */
export interface BuildContext {
  readonly directory: string;
  /** Cleaned .dockerignore patterns. */
  readonly ignore: readonly string[];
}

export interface ExecutorOptions {
  readonly store: Store;
  readonly supply: LayerSupply;
  readonly context: BuildContext;
  readonly isolation: Isolation;
  readonly epoch: number | undefined;
  readonly events: EventSink;
  readonly signal: AbortSignal;
}

/** Carries steps out in the helper: mounts, processes, copies, commits. */
export function createExecutor(options: ExecutorOptions): Executor {
  const { store, supply } = options;
  return {
    holds: async (layers) => (await Promise.all(layers.map((diffId) => supply.isHere(diffId)))).every(Boolean),
    lookUp: async (key) => {
      const diffId = await findStep(store.paths, key);
      return diffId !== undefined && (await supply.has(diffId)) ? diffId : undefined;
    },
    remember: (key, inputs, diffId) => rememberStep(store.paths, key, { diffId, inputs }),
    contentOf: (step, source) =>
      source === undefined ? digestContext(step, options) : digestLayers(step, source, options),
    execute: (step, work) => execute(step, work, options),
    // Compression runs beside the steps that follow; a failure shows when the image is put together.
    layerReady: (diffId) => void supply.packed(diffId).catch(() => undefined),
  };
}

function execute(step: LayerStep, work: StepWork, options: ExecutorOptions): Promise<DiffId> {
  requirePlace(options.store);
  const { store, supply, isolation, epoch, events, signal } = options;
  const committing: Committing = { store, supply, chain: work.chain, epoch };
  switch (step.kind) {
    case "run":
      return makeLayer(committing, async (root) => {
        // RUN's own directory may be missing: docker makes it, owned by the step's user.
        await store.session.call("makeDirectory", { root, path: step.cwd, user: step.user });
        await runProcess(root, step, { store, isolation, epoch, id: work.id, events, signal });
      });
    case "workdir":
      return makeLayer(committing, async (root) => {
        await store.session.call("makeDirectory", { root, path: step.path, user: step.user });
      });
    case "copy":
      return makeLayer(committing, (root) =>
        withSource(step, work.source, options, (selection) => copy(step, { root, selection, store })),
      );
    default:
      return unreachable(step);
  }
}

interface Copying {
  readonly root: string;
  readonly selection: Selection;
  readonly store: Store;
}

async function copy(step: CopyStep, { root, selection, store }: Copying): Promise<void> {
  const { destination, owner, mode } = step;
  await store.session.call("copy", { selection, root, destination, owner, mode, keepOwner: keepsOwner(step) });
}

async function withSource<T>(
  step: CopyStep,
  source: Chain | undefined,
  options: ExecutorOptions,
  use: (selection: Selection) => Promise<T>,
): Promise<T> {
  const { sources, exclude } = step;
  if (step.from.kind === "inline")
    return withInlineFiles(options.store, step.from.files, (root) => use({ root, sources, exclude, ignore: [] }));
  if (source === undefined) {
    const { directory, ignore } = options.context;
    return use({ root: directory, sources, exclude, ignore });
  }
  const lowers = await lowersOf(options.supply, source);
  return withMount(options.store, lowers, (root) => use({ root, sources, exclude, ignore: [] }));
}

async function digestContext(step: CopyStep, options: ExecutorOptions): Promise<string> {
  const name = createHash("sha256").update(options.context.directory).digest("hex");
  const statCache = join(options.store.paths.statCaches, name);
  return withSource(step, undefined, options, async (selection) => {
    const { digest } = await options.store.session.call("digest", { selection, ownership: false, statCache });
    return digest;
  });
}

async function digestLayers(step: CopyStep, source: Chain, options: ExecutorOptions): Promise<string> {
  const key = cacheKeyOf(selectionInputs(step, source));
  const known = await findContent(options.store.paths, key);
  if (known !== undefined) return known;
  requirePlace(options.store);
  return withSource(step, source, options, async (selection) => {
    const { digest } = await options.store.session.call("digest", { selection, ownership: true });
    await rememberContent(options.store.paths, key, digest);
    return digest;
  });
}

/** Work on a root file system needs namespaces: says what stands in the way. */
function requirePlace(store: Store): void {
  const obstacle = store.session.hello?.obstacle;
  if (obstacle !== undefined) throw new OciBuildError(obstacle.code, obstacle.message, { hint: obstacle.hint });
}
