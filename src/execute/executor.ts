import { unreachable } from "../errors.ts";
import type { Isolation } from "../helper/messages.ts";
import { type Names, ordinaryNames } from "../network/names.ts";
import type { DiffId } from "../oci/digest.ts";
import type { EventSink } from "../progress/event.ts";
import type { LayerStep } from "../solve/keys.ts";
import type { Executor, StepWork } from "../solve/executor.ts";
import { findStep, rememberStep } from "../store/steps.ts";
import type { Store } from "../store/store.ts";
import type { BuildCaches } from "./build-caches.ts";
import type { BuildHistory } from "./build-history.ts";
import { contentOf, copyInto, ownerOf } from "./copy-step.ts";
import { boundContent } from "./mounts/bind.ts";
import { withRunMounts } from "./mounts/run-mounts.ts";
import { requirePlace } from "./place.ts";
import type { Roots } from "./rootfs.ts";
import { type Committing, makeLayer } from "./roots.ts";
import { runProcess } from "./run-step.ts";
import type { Sources } from "./sources.ts";
import type { LayerSupply } from "./supply.ts";

export interface ExecutorOptions {
  readonly store: Store;
  readonly supply: LayerSupply;
  readonly roots: Roots;
  readonly sources: Sources;
  readonly isolation: Isolation;
  /** No step has a network. */
  readonly offline?: boolean | undefined;
  /** What RUN finds in its /etc/hosts and /etc/resolv.conf. */
  readonly names?: Names | undefined;
  readonly epoch: number | undefined;
  /** What earlier builds did; nothing is compared without it. */
  readonly history?: BuildHistory | undefined;
  /** Caches outside the store; none is asked without them. */
  readonly caches?: BuildCaches | undefined;
  readonly events: EventSink;
  readonly signal: AbortSignal;
}

/** Carries steps out in the helper: mounts, processes, copies, commits. */
export function createExecutor(options: ExecutorOptions): Executor {
  const { store, supply, caches } = options;
  return {
    holds: async (layers) => (await Promise.all(layers.map((diffId) => supply.isHere(diffId)))).every(Boolean),
    lookUp: async (key, inputs) => {
      const known = await findStep(store.paths, key);
      const here = known !== undefined && (await supply.has(known)) ? known : undefined;
      const diffId = here ?? (await caches?.findStep(key));
      if (diffId === undefined) return undefined;
      if (here === undefined) await rememberStep(store.paths, key, { diffId, inputs });
      caches?.use(key, diffId);
      return diffId;
    },
    remember: async (key, inputs, diffId) => {
      await rememberStep(store.paths, key, { diffId, inputs });
      caches?.use(key, diffId);
    },
    contentOf: (part, step, work) => contentOf(part, { step, work, options, history: options.history }),
    mountedContentOf: (mount, step, work) => boundContent(mount, { step, work, options }),
    ownerOf: (owner, accounts) => ownerOf(owner, accounts, options),
    execute: (step, work) => execute(step, work, options),
    explain: (missed, work, originOf) =>
      options.history?.explain(missed, work.place, originOf) ?? Promise.resolve("nothing is known of earlier builds"),
    settled: (step, place) => options.history?.settled(step, place),
    // Compression runs beside the steps that follow; a failure shows when the image is put together.
    layerReady: (diffId) => void supply.packed(diffId).catch(() => undefined),
  };
}

function execute(step: LayerStep, work: StepWork, options: ExecutorOptions): Promise<DiffId> {
  requirePlace(options.store);
  const { store, supply, roots, isolation, offline = false, names = ordinaryNames, epoch, events, signal } = options;
  const committing: Committing = { roots, supply, chain: work.chain, epoch, process: step.kind === "run" };
  switch (step.kind) {
    case "run":
      return makeLayer(committing, async (root) => {
        // RUN's own directory may be missing: docker makes it, owned by the step's user.
        await store.session.call("makeDirectory", { root, path: step.cwd, user: step.user });
        await withRunMounts({ step, work, options }, (mounted) =>
          runProcess(root, step, { store, isolation, offline, names, epoch, mounted, id: work.id, events, signal }),
        );
      });
    case "workdir":
      return makeLayer(committing, async (root) => {
        await store.session.call("makeDirectory", { root, path: step.path, user: step.user });
      });
    case "copy":
      return makeLayer(committing, (root) => copyInto(root, { step, work, options }));
    default:
      return unreachable(step);
  }
}
