import { OciBuildError } from "../errors.ts";
import type { LineRange } from "../errors.ts";
import type { Dockerfile } from "../instructions/dockerfile.ts";
import type { StageInstruction } from "../instructions/instruction.ts";
import type { Platform } from "../oci/platform.ts";
import { throwAll } from "../syntax/problem.ts";
import { linesOf } from "../syntax/source.ts";
import { inheritedConfig, initialConfig } from "./config.ts";
import type { StageState, Surroundings } from "./evaluate.ts";
import { evaluate } from "./evaluate.ts";
import { PlanFault } from "./fault.ts";
import { epochOf, unusedArgWarnings } from "./globals.ts";
import type { ImageLookup, PlanOptions } from "./options.ts";
import { planError } from "./options.ts";
import { formatPlatform } from "../oci/platform.ts";
import { proxyVariables } from "./predefined.ts";
import { Scope } from "./scope.ts";
import type { StageGraph, StageNode, StageReference } from "./stages.ts";
import { mentionsIn, resolveStages, stageName } from "./stages.ts";
import type { Plan, Stage, StageBase, StageIndex, Step } from "./step.ts";
import { ExpansionError } from "./substitution.ts";

/** An image that a build must know before it can be planned. */
export interface ImageNeed {
  /** As written, expanded; not normalised. */
  readonly name: string;
  readonly platform: Platform;
  /** Where it is first asked for. */
  readonly lines: LineRange;
}

/**
 * The images that the target stands on or copies from, each once per platform. Fails already for unknown stages and for
 * what is not supported, so that nothing is fetched for a build that cannot be.
 * @throws OciBuildError, DockerfileErrors
 */
export function imagesNeeded(dockerfile: Dockerfile, options: PlanOptions): readonly ImageNeed[] {
  const needs = new Map<string, ImageNeed>();
  for (const { source, base, sources } of resolveStages(dockerfile, options).needed) {
    add(base, source.from.lines);
    for (const { from, lines } of mentionsIn(source)) add(sources.get(from), lines);
  }
  return [...needs.values()];

  function add(reference: StageReference | undefined, lines: LineRange): void {
    if (reference?.kind !== "image") return;
    const { name, platform } = reference;
    const key = `${formatPlatform(platform)} ${name}`;
    if (!needs.has(key)) needs.set(key, { name, platform, lines });
  }
}

/**
 * What a Dockerfile means for one target and platform. `images` is asked for what `imagesNeeded` listed.
 * @throws OciBuildError with the excerpt of the instruction, or DockerfileErrors for several
 */
export function makePlan(dockerfile: Dockerfile, images: ImageLookup, options: PlanOptions): Plan {
  const graph = resolveStages(dockerfile, options);
  const sourceDateEpoch = epochOf(dockerfile, options);
  const unkeyed = proxyVariables(options.buildArgs);
  if (sourceDateEpoch !== undefined) unkeyed.set("SOURCE_DATE_EPOCH", String(sourceDateEpoch));
  const errors: OciBuildError[] = [];
  const finished = new Map<StageIndex, FinishedStage>();
  for (const node of graph.needed) {
    const around = {
      escape: dockerfile.escape,
      buildArgs: options.buildArgs,
      globals: graph.globals,
      unkeyed,
      sourceOf: fileSources(node, images),
    };
    finished.set(node.source.index, planStage({ graph, node, images, finished, around, errors }));
  }
  throwAll(dockerfile.source, errors);
  const warnings = dockerfile.warnings.map(({ message, range }) => ({ message, lines: linesOf(range) }));
  return {
    stages: [...finished.values()].map(({ stage }) => stage),
    target: graph.target,
    platform: options.platform,
    warnings: [...warnings, ...unusedArgWarnings(dockerfile, options)],
    sourceDateEpoch,
  };
}

interface FinishedStage {
  readonly stage: Stage;
  readonly scope: Scope;
}

interface StageContext {
  readonly graph: StageGraph;
  readonly node: StageNode;
  readonly images: ImageLookup;
  /** The stages before it. */
  readonly finished: ReadonlyMap<StageIndex, FinishedStage>;
  readonly around: Surroundings;
  /** Where errors are gathered, so that all of them are reported. */
  readonly errors: OciBuildError[];
}

function planStage(context: StageContext): FinishedStage {
  const { graph, node, around, errors } = context;
  const { base, state } = startStage(context);
  const steps: Step[] = [];
  for (const instruction of node.source.instructions) {
    try {
      steps.push(evaluate(instruction, state, around));
    } catch (error) {
      errors.push(located(graph.dockerfile, instruction, error));
    }
  }
  const config = { ...state.config, Env: state.scope.envEntries() };
  const author = state.author === undefined ? {} : { author: state.author };
  return {
    stage: { index: node.source.index, name: stageName(node.source), base, steps, config, ...author },
    scope: state.scope,
  };
}

function startStage({ graph, node, images, finished, errors }: StageContext): { base: StageBase; state: StageState } {
  if (node.base.kind === "stage") {
    const below = finished.get(node.base.stage);
    if (below === undefined) throw new TypeError(`stage ${node.base.stage} is not planned yet`);
    const state = {
      scope: below.scope.inherited(),
      config: inheritedConfig(below.stage.config),
      author: below.stage.author,
      cmdSet: false,
    };
    return { base: node.base, state };
  }
  const image = node.base.kind === "image" ? images(node.base.name, node.base.platform) : undefined;
  const triggers = image?.config.config?.OnBuild ?? [];
  if (image !== undefined && triggers.length > 0)
    errors.push(
      planError(graph.dockerfile, node.source.from.lines, {
        code: "onbuild-unsupported",
        message: `the image ${image.name} has ONBUILD triggers, which are not supported yet: ${triggers.join("; ")}`,
        hint: "write its instructions into this Dockerfile, behind a base image without them",
      }),
    );
  const config = initialConfig(image?.config);
  const state = { scope: Scope.ofImage(config.Env ?? []), config, author: image?.config.author, cmdSet: false };
  return { base: image === undefined ? { kind: "scratch" } : { kind: "image", image }, state };
}

function fileSources({ sources }: StageNode, images: ImageLookup): Surroundings["sourceOf"] {
  return (from) => {
    const reference = from === undefined ? undefined : sources.get(from);
    if (reference === undefined) return { kind: "context" };
    if (reference.kind === "scratch")
      throw new PlanFault("copy-source-invalid", "scratch is empty: there is nothing to copy from it");
    return reference.kind === "stage"
      ? reference
      : { kind: "image", image: images(reference.name, reference.platform) };
  };
}

function located(dockerfile: Dockerfile, { lines }: StageInstruction, error: unknown): OciBuildError {
  if (error instanceof OciBuildError) return error;
  if (error instanceof PlanFault)
    return planError(dockerfile, lines, { code: error.code, message: error.message, hint: error.hint });
  if (error instanceof ExpansionError)
    return planError(dockerfile, lines, { code: "expansion-invalid", message: error.message });
  throw error;
}
