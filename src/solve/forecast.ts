import { OciBuildError } from "../errors.ts";
import { type DiffId, parseDiffId } from "../oci/digest.ts";
import type { Chain, LayerStep } from "./keys.ts";
import type { Executor } from "./executor.ts";

/** What a build would do with a step: take it from the cache, run it, or run what it depends on first. */
export type Forecast = "hit" | "miss" | "unknown";

/** An owner that no key was ever made of. */
const UNKNOWN_OWNER = "unknown:unknown";

/** An executor that runs nothing: `solve` goes through the plan with it, and afterwards it can tell of each step. */
export interface Forecaster {
  readonly executor: Executor;
  readonly forecastOf: (step: LayerStep) => Forecast;
}

/**
 * Puts a stand-in where a step would make a layer. Whatever stands on a stand-in, or copies from one, is unknown: it may
 * turn out to make what it made before.
 * @param real looks things up; its `execute` is not called
 */
export function createForecaster(real: Executor): Forecaster {
  const forecasts = new Map<object, Forecast>();
  const uncertain = new Set<object>();
  const standIns = new Set<DiffId>();

  const onStandIn = (chain: Chain | undefined): boolean => chain?.some((diffId) => standIns.has(diffId)) ?? false;
  /** The answer, or a text that no key was ever made of. Only what is in the build context can be wrong by now. */
  const asked = async (source: Chain | undefined, answer: () => Promise<string>): Promise<string | undefined> => {
    if (onStandIn(source)) return undefined;
    try {
      return await answer();
    } catch (error) {
      if (error instanceof OciBuildError && source !== undefined) return undefined;
      throw error;
    }
  };
  const orUncertain = (step: LayerStep, content: string | undefined): string => {
    if (content === undefined) uncertain.add(identityOf(step));
    return content ?? "unknown";
  };

  const executor: Executor = {
    holds: (layers) => real.holds(layers),
    lookUp: (key, inputs) => real.lookUp(key, inputs),
    remember: () => Promise.resolve(),
    contentOf: async (part, step, work) => {
      if (part.kind === "url" || part.kind === "git") return orUncertain(step, undefined);
      const source = part.kind === "paths" ? work.filesOf(part.from) : undefined;
      return orUncertain(step, await asked(source, () => real.contentOf(part, step, work)));
    },
    mountedContentOf: async (mount, step, work) =>
      orUncertain(step, await asked(work.filesOf(mount.from), () => real.mountedContentOf(mount, step, work))),
    ownerOf: async (owner, accounts) => (await asked(accounts, () => real.ownerOf(owner, accounts))) ?? UNKNOWN_OWNER,
    execute: (step, { chain }) => {
      const ownerUnknown = step.kind === "copy" && step.owner === UNKNOWN_OWNER;
      const isUnknown = uncertain.has(identityOf(step)) || ownerUnknown || onStandIn(chain);
      forecasts.set(identityOf(step), isUnknown ? "unknown" : "miss");
      const standIn = parseDiffId(`sha256:${standIns.size.toString(16).padStart(64, "0")}`);
      standIns.add(standIn);
      return Promise.resolve(standIn);
    },
    explain: () => Promise.resolve(""),
    settled: () => undefined,
    layerReady: () => undefined,
  };
  return { executor, forecastOf: (step) => forecasts.get(identityOf(step)) ?? "hit" };
}

/** The solver may hand over a COPY with its owner changed; its parts stay the same. */
function identityOf(step: LayerStep): object {
  return step.kind === "copy" ? step.parts : step;
}
