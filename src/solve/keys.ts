import type { DiffId } from "../oci/digest.ts";
import type { Json } from "../oci/canonical-json.ts";
import { canonicalJson } from "../oci/canonical-json.ts";
import type { CopyStep, RunStep, WorkdirStep } from "../plan/step.ts";

/** A step that makes a layer. */
export type LayerStep = RunStep | CopyStep | WorkdirStep;

/** The layers of a file system, bottom first. */
export type Chain = readonly DiffId[];

/** What a step's result depends on beside its own definition. */
export interface Surroundings {
  /** The file system below the step, by what the steps before it *produced*: running one again to the same result changes nothing. */
  readonly chain: Chain;
  /** Seconds since 1970 to which new times are clamped; undefined keeps the clock's. */
  readonly epoch: number | undefined;
  /** Digest of what a COPY selects. */
  readonly content?: string | undefined;
}

/** Change it when the same inputs come to give another layer. */
const GENERATION = 1;

/**
 * The inputs of a step's cache key, as canonical JSON (DESIGN: content counts, times, secrets and proxies do not).
 * Labels, CMD and the like are absent: they do not change what a RUN sees.
 */
export function stepInputs(step: LayerStep, surroundings: Surroundings): string {
  const { chain, epoch, content } = surroundings;
  return canonicalJson({ generation: GENERATION, ...definitionOf(step), content, epoch, chain });
}

function definitionOf(step: LayerStep): { readonly [key: string]: Json | undefined } {
  switch (step.kind) {
    case "run": {
      const { kind, argv, env, cwd, user, network, hostname } = step;
      return { kind, argv, env, cwd, user, network, hostname };
    }
    case "copy":
      return {
        kind: step.kind,
        destination: step.destination,
        owner: step.owner,
        mode: step.mode,
        keepOwner: keepsOwner(step),
      };
    case "workdir":
      return { kind: step.kind, path: step.path, user: step.user };
  }
}

/** Whether what is copied keeps its owner: files of another stage or image do, those of the context become root's. */
export function keepsOwner({ from }: CopyStep): boolean {
  return from.kind === "stage" || from.kind === "image";
}

/** The inputs that decide what a COPY from other layers selects. */
export function selectionInputs(step: CopyStep, source: Chain): string {
  return canonicalJson({ generation: GENERATION, sources: step.sources, exclude: step.exclude, chain: source });
}
