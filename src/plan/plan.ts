import { type LineRange, OciBuildError } from "../errors.ts";
import type { Dockerfile, StageSource } from "../instructions/dockerfile.ts";
import { type Instruction, placeOf, type StageInstruction } from "../instructions/instruction.ts";
import { parseDigest } from "../oci/digest.ts";
import type { ResolvedImage } from "../oci/image.ts";
import type { Platform } from "../oci/platform.ts";
import { frontendWarning } from "../syntax/directives.ts";
import { throwAll } from "../syntax/problem.ts";
import { suggest } from "../syntax/suggest.ts";
import { linesOf } from "../syntax/source.ts";
import { inFieldOrder, inheritedConfig, initialConfig, sorted } from "./config.ts";
import type { StageState, Surroundings } from "./evaluate.ts";
import { evaluate } from "./evaluate.ts";
import { PlanFault } from "./fault.ts";
import { unusedArgWarnings } from "./globals.ts";
import { located } from "./instruction-error.ts";
import type { ImageLookup, PlanOptions } from "./options.ts";
import { formatPlatform } from "../oci/platform.ts";
import { proxyVariables } from "./predefined.ts";
import { reservedArgWarnings } from "./reserved-args.ts";
import { Scope } from "./scope.ts";
import type { StageGraph, StageNode, StageReference } from "./stages.ts";
import { mentionsIn, resolveStages, stageName, surveyStages } from "./stages.ts";
import type { CopyStep, Plan, PlanWarning, Stage, StageBase, StageIndex, Step } from "./step.ts";
import { ExpansionError } from "./substitution.ts";

/** An image that a build must know before it can be planned. */
export interface ImageNeed {
  /** As written, expanded; not normalised. */
  readonly name: string;
  readonly platform: Platform;
  /** Where it is first asked for. */
  readonly lines: LineRange;
  /** The ONBUILD trigger that asks for it and whose it is, when it is none of the Dockerfile's own instructions. */
  readonly trigger?: string;
  /** A stage whose name is so near that it may have been meant. */
  readonly nearStage?: string;
}

/**
 * The images that the target stands on or copies from and that `images` does not know yet, each once per platform. An
 * image may bring ONBUILD triggers that ask for more: ask again when these are known, until nothing is needed. Fails
 * already for unknown stages and for what is not supported, so that nothing is fetched for a build that cannot be.
 * @throws OciBuildError, DockerfileErrors
 */
export function imagesNeeded(dockerfile: Dockerfile, options: PlanOptions, images: ImageLookup): readonly ImageNeed[] {
  const needs = new Map<string, ImageNeed>();
  const stages = dockerfile.stages.map(({ from }) => from.name).filter((name) => name !== undefined);
  for (const { source, base, sources } of resolveStages(dockerfile, options, images).needed) {
    add(base, source.from);
    for (const { from, instruction } of mentionsIn(source.instructions)) add(sources.get(from), instruction);
  }
  return [...needs.values()];

  function add(reference: StageReference | undefined, instruction: Instruction): void {
    if (reference?.kind !== "image" || images(reference.name, reference.platform) !== undefined) return;
    const { name, platform } = reference;
    const key = `${formatPlatform(platform)} ${name}`;
    if (needs.has(key)) return;
    const nearStage = suggest(name, stages);
    const { node, inherited } = instruction;
    needs.set(key, {
      name,
      platform,
      lines: placeOf(instruction).lines,
      ...(inherited === undefined ? {} : { trigger: `ONBUILD ${node.line} of ${inherited.owner}` }),
      ...(nearStage === undefined ? {} : { nearStage }),
    });
  }
}

/**
 * What a Dockerfile means for one target and platform. `images` knows everything that `imagesNeeded` asks for.
 * @throws OciBuildError with the excerpt of the instruction, or DockerfileErrors for several
 */
export function makePlan(dockerfile: Dockerfile, images: ImageLookup, asked: PlanOptions): Plan {
  const graph = resolveStages(dockerfile, asked, images);
  const errors: OciBuildError[] = [];
  const stages = planStages(graph, { images, errors, doubts: () => false });
  throwAll(dockerfile.source, errors);
  const { options } = graph;
  return {
    stages: stages.map((stage) => (stage.index === graph.target ? labelled(stage, options) : stage)),
    target: graph.target,
    platform: options.platform,
    warnings: warningsOf(graph),
    sourceDateEpoch: options.sourceDateEpoch,
  };
}

/**
 * What is wrong with a Dockerfile for all that is known before its images are. A variable without a value may be one of an
 * image; in a Dockerfile of which something could not be read, `partial`, any may have another value: then what uses it is
 * not judged.
 */
export function draftErrors(
  dockerfile: Dockerfile,
  asked: PlanOptions,
  { partial }: { readonly partial: boolean },
): readonly OciBuildError[] {
  const known: ImageLookup = (name, platform) => ({ name, platform, ...unknownImage });
  try {
    const graph = surveyStages(dockerfile, asked, () => undefined);
    const errors = [...graph.errors];
    const reported = new Set(errors.map(({ excerpt }) => excerpt?.lines.start));
    const more: OciBuildError[] = [];
    const doubts = (name: string, scope: Scope): boolean => partial || scope.get(name) === undefined;
    planStages(graph, { images: known, errors: more, doubts });
    return [...errors, ...more.filter(({ excerpt }) => !reported.has(excerpt?.lines.start))];
  } catch (error) {
    if (!(error instanceof OciBuildError)) throw error;
    return [error];
  }
}

/** Stands in for an image that nobody has looked up yet. */
const unknownImage: Pick<ResolvedImage, "manifestDigest" | "layers" | "config"> = {
  manifestDigest: parseDigest(`sha256:${"0".repeat(64)}`),
  layers: [],
  config: { os: "", architecture: "", rootfs: { type: "layers", diff_ids: [] } },
};

interface Planning {
  readonly images: ImageLookup;
  /** Where errors are gathered, so that all of them are reported. */
  readonly errors: OciBuildError[];
  /** Whether the value of a variable, or that it has none, is no ground for an error. */
  readonly doubts: (name: string, scope: Scope) => boolean;
}

function planStages(graph: StageGraph, planning: Planning): readonly Stage[] {
  const { dockerfile, options } = graph;
  const { sourceDateEpoch } = options;
  const unkeyed = proxyVariables(options.buildArgs);
  if (sourceDateEpoch !== undefined) unkeyed.set("SOURCE_DATE_EPOCH", String(sourceDateEpoch));
  const finished = new Map<StageIndex, FinishedStage>();
  for (const node of graph.needed) {
    const around = {
      escape: dockerfile.escape,
      buildArgs: options.buildArgs,
      globals: graph.globals,
      unkeyed,
      cacheNamespace: graph.reserved.cacheMountNamespace,
      network: options.network ?? "default",
      extraHosts: options.extraHosts?.length ? [...new Set(options.extraHosts)].toSorted() : undefined,
      hostname: graph.reserved.sandboxHostname,
      sourceOf: fileSources(node, planning.images),
    };
    finished.set(node.source.index, planStage({ graph, node, finished, around, planning }));
  }
  return [...finished.values()].map(({ stage }) => stage);
}

/** The labels of the command line come last, and leave no history, as in BuildKit. */
function labelled(stage: Stage, { labels }: PlanOptions): Stage {
  if (labels === undefined || labels.size === 0) return stage;
  const Labels = sorted({ ...stage.config.Labels, ...Object.fromEntries(labels) });
  return { ...stage, config: inFieldOrder({ ...stage.config, Labels }) };
}

/** What the syntax, and the build arguments, give reason to tell. */
function warningsOf({ dockerfile, options, reserved: { syntax } }: StageGraph): readonly PlanWarning[] {
  const told = dockerfile.warnings.filter(({ code }) => syntax === undefined || code !== "syntax-directive");
  const messages = [
    ...(syntax === undefined ? [] : frontendWarning(syntax)),
    ...reservedArgWarnings(options.buildArgs),
  ];
  return [
    ...told.map(({ message, range }) => ({ message, lines: linesOf(range) })),
    ...messages.map((message) => ({ message })),
    ...unusedArgWarnings(dockerfile, options),
  ];
}

interface FinishedStage {
  readonly stage: Stage;
  readonly scope: Scope;
}

interface StageContext {
  readonly graph: StageGraph;
  readonly node: StageNode;
  /** The stages before it. */
  readonly finished: ReadonlyMap<StageIndex, FinishedStage>;
  readonly around: Surroundings;
  readonly planning: Planning;
}

function planStage(context: StageContext): FinishedStage {
  const { graph, node, around, planning } = context;
  const { base, state } = startStage(context);
  const steps: Step[] = node.base.kind === "context" ? [wholeContext(node.base.name, node.source)] : [];
  const broken = new Set<string>();
  for (const instruction of node.source.instructions) {
    try {
      const step = evaluate(instruction, state, around);
      if (step !== undefined) steps.push(step);
    } catch (error) {
      for (const name of namesSetBy(instruction)) broken.add(name);
      if (error instanceof ExpansionError && error.variable !== undefined && broken.has(error.variable)) continue;
      if (variablesOf(instruction, error).some((name) => planning.doubts(name, state.scope))) continue;
      planning.errors.push(
        located(error, { dockerfile: graph.dockerfile, instruction, variables: state.scope.names() }),
      );
    }
  }
  const config = inFieldOrder({ ...state.config, Env: state.scope.envEntries() });
  const author = state.author === undefined ? {} : { author: state.author };
  return {
    stage: { index: node.source.index, name: stageName(node.source), base, steps, config, ...author },
    scope: state.scope,
  };
}

/** The variables that an error of an instruction may come from: of bad syntax none. */
function variablesOf({ node }: StageInstruction, error: unknown): readonly string[] {
  if (error instanceof ExpansionError) return error.variable === undefined ? [] : [error.variable];
  return [...node.line.matchAll(/\$\{?(\w+)/g)].map(([, name = ""]) => name);
}

/** The variables that an instruction sets; when it fails, that they are missing is no error of its own. */
function namesSetBy(instruction: StageInstruction): readonly string[] {
  if (instruction.kind === "env") return instruction.pairs.map(({ key }) => key);
  return instruction.kind === "arg" ? instruction.declarations.map(({ name }) => name) : [];
}

function startStage({ node, planning: { images }, finished }: StageContext): { base: StageBase; state: StageState } {
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
  const image = node.base.kind === "image" ? imageOf(images, node.base) : undefined;
  const config = initialConfig(image?.config);
  const state = { scope: Scope.ofImage(config.Env ?? []), config, author: image?.config.author, cmdSet: false };
  return { base: image === undefined ? { kind: "scratch" } : { kind: "image", image }, state };
}

/** A stage that stands on a named context begins with all of its files. */
function wholeContext(name: string, { from: { node } }: StageSource): CopyStep {
  return {
    kind: "copy",
    title: `FROM ${name}`,
    lines: node.lines,
    createdBy: `FROM ${name}`,
    parts: [{ kind: "paths", from: { kind: "context", name }, patterns: ["/"], parents: false, unpack: false }],
    destination: "/",
    exclude: [],
    link: true,
  };
}

function fileSources({ sources }: StageNode, images: ImageLookup): Surroundings["sourceOf"] {
  return (from) => {
    const reference = from === undefined ? undefined : sources.get(from);
    if (reference === undefined) return { kind: "context" };
    if (reference.kind === "scratch")
      throw new PlanFault("copy-source-invalid", "scratch is empty: there is nothing to copy from it");
    if (reference.kind === "stage" || reference.kind === "context") return reference;
    return { kind: "image", image: imageOf(images, reference) };
  };
}

function imageOf(images: ImageLookup, { name, platform }: { name: string; platform: Platform }): ResolvedImage {
  const image = images(name, platform);
  if (image === undefined) throw new TypeError(`${name} was not resolved`);
  return image;
}
