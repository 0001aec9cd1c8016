import { OciBuildError } from "../errors.ts";
import type { Dockerfile, StageSource } from "../instructions/dockerfile.ts";
import type { FromInstruction, StageInstruction } from "../instructions/instruction.ts";
import type { Platform } from "../oci/platform.ts";
import { throwAll } from "../syntax/problem.ts";
import { didYouMean } from "../syntax/suggest.ts";
import { expand } from "./expand.ts";
import { settleArgs } from "./epoch.ts";
import { expandGlobal } from "./globals.ts";
import { instructionError } from "./instruction-error.ts";
import { namedContext } from "./named-contexts.ts";
import type { ImageLookup, PlanOptions } from "./options.ts";
import { planError } from "./options.ts";
import type { ReservedArgs } from "./reserved-args.ts";
import { reservedArgs } from "./reserved-args.ts";
import { parsePlatform } from "../oci/platform.ts";
import type { StageIndex } from "./step.ts";
import { ExpansionError } from "./substitution.ts";
import type { Triggers } from "./triggers.ts";
import { readTriggers, triggersOf } from "./triggers.ts";

/** Where a stage, a COPY or a mount takes its files from. Image names are as written, expanded. */
export type StageReference =
  | { readonly kind: "scratch" }
  | { readonly kind: "stage"; readonly stage: StageIndex }
  /** A named build context that is no image. */
  | { readonly kind: "context"; readonly name: string }
  | { readonly kind: "image"; readonly name: string; readonly platform: Platform };

export interface StageNode {
  /** The stage as it is written, with the ONBUILD triggers that it inherits in front of its own instructions. */
  readonly source: StageSource;
  readonly base: StageReference;
  /** What each `from` of its instructions means, by its text. */
  readonly sources: ReadonlyMap<string, StageReference>;
}

/** Which stages the target needs and what they stand on. */
export interface StageGraph {
  readonly dockerfile: Dockerfile;
  /** As asked for, with the epoch settled. */
  readonly options: PlanOptions;
  readonly globals: ReadonlyMap<string, string>;
  readonly reserved: ReservedArgs;
  readonly target: StageIndex;
  /** In file order, which is a building order, because stages refer to earlier ones only. */
  readonly needed: readonly StageNode[];
}

/**
 * Resolves the names of stages, and drops the stages that the target does not need.
 * @throws OciBuildError `stage-unknown`, `stage-forward`, `platform-invalid`, `copy-source-invalid`, `instruction-unsupported` …
 */
export function resolveStages(dockerfile: Dockerfile, asked: PlanOptions, images: ImageLookup): StageGraph {
  const graph = surveyStages(dockerfile, asked, images);
  throwAll(dockerfile.source, graph.errors);
  return graph;
}

/** The same for showing instead of building: what cannot be built yet is no error. @throws OciBuildError */
export function outlineStages(dockerfile: Dockerfile, options: PlanOptions): StageGraph {
  const graph = graphOf(dockerfile, options, () => undefined);
  throwAll(dockerfile.source, graph.errors);
  return graph;
}

/** The same with what is wrong beside it: what cannot be resolved counts as empty. @throws OciBuildError of the global arguments */
export function surveyStages(dockerfile: Dockerfile, asked: PlanOptions, images: ImageLookup): FaultyGraph {
  const graph = graphOf(dockerfile, asked, images);
  return { ...graph, errors: [...graph.errors, ...graph.needed.flatMap((node) => unsupported(dockerfile, node))] };
}

export interface FaultyGraph extends StageGraph {
  readonly errors: readonly OciBuildError[];
}

function graphOf(dockerfile: Dockerfile, asked: PlanOptions, images: ImageLookup): FaultyGraph {
  const reserved = reservedArgs(asked.buildArgs);
  const { options, globals } = settleArgs(dockerfile, asked);
  const errors: OciBuildError[] = [];
  const nodes: StageNode[] = [];
  for (const source of dockerfile.stages) {
    const replaced = namedContext(source.from.name ?? "", options.platform, options);
    if (replaced !== undefined) {
      nodes.push({ source: { ...source, instructions: [] }, base: replaced, sources: new Map() });
      continue;
    }
    // A stage that cannot be resolved counts as empty while the others are looked at.
    const base = attempt(errors, () => resolveBase(dockerfile, source, { globals, options })) ?? { kind: "scratch" };
    const triggers = readTriggers(dockerfile, source, inheritedTriggers(base, nodes, images), errors);
    const instructions = [...triggers, ...source.instructions];
    const sources = new Map<string, StageReference>();
    for (const mention of mentionsIn(instructions)) {
      const reference = attempt(errors, () => resolveSource(dockerfile, mention, options));
      if (reference !== undefined) sources.set(mention.from, reference);
    }
    nodes.push({ source: { ...source, instructions }, base, sources });
  }
  const target = attempt(errors, () => findTarget(dockerfile, options.target)) ?? nodes.length - 1;
  const needed = reachable(nodes, target);
  for (const node of needed) errors.push(...forwardReferences(dockerfile, node));
  return { dockerfile, options, globals, reserved, target, needed, errors };
}

/** The result, or undefined and one error more. */
function attempt<Result>(errors: OciBuildError[], resolve: () => Result): Result | undefined {
  try {
    return resolve();
  } catch (error) {
    if (!(error instanceof OciBuildError)) throw error;
    errors.push(error);
    return undefined;
  }
}

/** ONBUILD triggers run in what stands directly on their image or stage, and are gone then. */
function inheritedTriggers(base: StageReference, nodes: readonly StageNode[], images: ImageLookup): Triggers {
  switch (base.kind) {
    case "scratch":
    case "context":
      return { texts: [], owner: base.kind };
    case "image": {
      const texts = images(base.name, base.platform)?.config.config?.OnBuild ?? [];
      return { texts, owner: `the image ${base.name}` };
    }
    case "stage": {
      const below = nodes[base.stage]?.source;
      if (below === undefined) throw new TypeError(`stage ${base.stage} is not resolved yet`);
      return { texts: triggersOf(below.instructions), owner: `the stage ${stageName(below)}` };
    }
  }
}

/** A stage or an image that an instruction reads files of. */
export interface Mention {
  /** As written. */
  readonly from: string;
  /** The flag that names it, as a person knows it. */
  readonly flag: string;
  readonly instruction: StageInstruction;
}

/** What the instructions of a stage read files of, in their order. */
export function mentionsIn(instructions: readonly StageInstruction[]): readonly Mention[] {
  return instructions.flatMap((instruction): readonly Mention[] => {
    if (instruction.kind === "copy")
      return instruction.from === undefined
        ? []
        : [{ from: instruction.from, flag: `COPY --from=${instruction.from}`, instruction }];
    if (instruction.kind === "run")
      return instruction.mounts.flatMap(({ from }) =>
        from === undefined ? [] : [{ from, flag: `RUN --mount=from=${from}`, instruction }],
      );
    return [];
  });
}

interface BaseContext {
  readonly globals: ReadonlyMap<string, string>;
  readonly options: PlanOptions;
}

/** What a stage stands on. A named context hides a stage of the same name, an earlier stage an image. @throws OciBuildError */
export function resolveBase(
  dockerfile: Dockerfile,
  { index, from }: StageSource,
  { globals, options }: BaseContext,
): StageReference {
  const name = expandGlobal(dockerfile, { word: from.base, instruction: from }, globals);
  if (name === "") throw blank(dockerfile, from, { what: "the base of FROM", word: from.base, names: globals.keys() });
  const platform = resolvePlatform(dockerfile, from, { globals, options });
  const named = namedContext(name, platform, options);
  if (named !== undefined) return named;
  const stage = earlierStage(dockerfile, index, name.toLowerCase());
  if (stage !== undefined) return { kind: "stage", stage: stage.index };
  return name === "scratch" ? { kind: "scratch" } : { kind: "image", name, platform };
}

/** Of two stages with one name the later counts. */
function earlierStage({ stages }: Dockerfile, below: StageIndex, name: string): StageSource | undefined {
  for (let index = below - 1; index >= 0; index -= 1) if (stages[index]?.from.name === name) return stages[index];
  return undefined;
}

function resolvePlatform(dockerfile: Dockerfile, from: FromInstruction, { globals, options }: BaseContext): Platform {
  if (from.platform === undefined) return options.platform;
  const text = expandGlobal(dockerfile, { word: from.platform, instruction: from }, globals);
  if (text === "")
    throw blank(dockerfile, from, { what: "the platform of FROM", word: from.platform, names: globals.keys() });
  try {
    return parsePlatform(text, options.platform);
  } catch (error) {
    if (!(error instanceof OciBuildError)) throw error;
    const { code, message, hint } = error;
    throw instructionError(dockerfile, from, { code, message, hint, piece: from.platform });
  }
}

/** `from` names a build context, a stage, the index of a stage or an image, and takes no variables, as in BuildKit. */
function resolveSource(
  dockerfile: Dockerfile,
  { from, flag, instruction }: Mention,
  options: PlanOptions,
): StageReference {
  if (expandsTo(dockerfile, from) !== from)
    throw instructionError(dockerfile, instruction, {
      code: "copy-source-invalid",
      message: `${flag} holds a variable, which is not expanded there`,
      piece: from,
      hint: "name a stage by FROM $VARIABLE AS name, and take the files from that",
    });
  const context = namedContext(from, options.platform, options);
  if (context !== undefined) return context;
  const named = findStage(dockerfile, from);
  if (named !== undefined) return { kind: "stage", stage: named };
  if (/^[+-]?\d+$/.test(from)) {
    const stages = dockerfile.stages.length;
    throw instructionError(dockerfile, instruction, {
      code: "stage-unknown",
      message: `no stage has the index ${from}`,
      piece: `=${from}`,
      hint: `the stages are 0 to ${stages - 1}`,
    });
  }
  return from === "scratch" ? { kind: "scratch" } : { kind: "image", name: from, platform: options.platform };
}

function expandsTo({ escape }: Dockerfile, word: string): string | undefined {
  try {
    return expand(word, { lookup: () => undefined, escape });
  } catch (error) {
    if (error instanceof ExpansionError) return undefined;
    throw error;
  }
}

/** A stage by its name, in any case, or by its index. Of two stages with one name the later counts. */
function findStage({ stages }: Dockerfile, name: string): StageIndex | undefined {
  const named = stages.findLast(({ from }) => from.name === name.toLowerCase());
  return named?.index ?? (/^\d+$/.test(name) ? stages[Number(name)]?.index : undefined);
}

function findTarget(dockerfile: Dockerfile, target: string | undefined): StageIndex {
  const { stages, source } = dockerfile;
  if (target === undefined || target === "") return stages.length - 1;
  const found = findStage(dockerfile, target);
  if (found !== undefined) return found;
  const names = stages.map(({ from }) => from.name).filter((name) => name !== undefined);
  throw planError(dockerfile, stages.at(-1)?.from.node.lines ?? { start: 1, end: 1 }, {
    code: "stage-unknown",
    message: `no stage is called ${JSON.stringify(target)}${didYouMean(target, names)}`,
    hint:
      names.length === 0
        ? `the stages of ${source.file} have no names`
        : `the stages of ${source.file} are ${names.join(", ")}`,
  });
}

function reachable(nodes: readonly StageNode[], target: StageIndex): StageNode[] {
  const found = new Set<StageIndex>([target]);
  for (const index of found) {
    const node = nodes[index];
    for (const reference of node === undefined ? [] : [node.base, ...node.sources.values()])
      if (reference.kind === "stage") found.add(reference.stage);
  }
  return nodes.filter(({ source }) => found.has(source.index));
}

function forwardReferences(dockerfile: Dockerfile, { source, sources }: StageNode): OciBuildError[] {
  const forward = mentionsIn(source.instructions).filter(({ from }) => {
    const reference = sources.get(from);
    return reference?.kind === "stage" && reference.stage >= source.index;
  });
  return forward.map(({ from, flag, instruction }) =>
    instructionError(dockerfile, instruction, {
      code: "stage-forward",
      piece: `=${from}`,
      message: `${flag} in ${stageName(source)} refers to a stage that is not built before it`,
      hint: "move the stage that is read above this one",
    }),
  );
}

function unsupported(dockerfile: Dockerfile, { source }: StageNode): OciBuildError[] {
  const found = source.instructions.filter((instruction) => instruction.kind === "unsupported");
  return found.map((instruction) => instructionError(dockerfile, instruction, instruction));
}

/** The name after AS, or `stage-N`. */
export function stageName({ index, from }: StageSource): string {
  return from.name ?? `stage-${index}`;
}

interface BlankWord {
  readonly what: string;
  readonly word: string;
  readonly names: Iterable<string>;
}

function blank(dockerfile: Dockerfile, from: FromInstruction, { what, word, names }: BlankWord): OciBuildError {
  const [, variable = ""] = /\$\{?(\w+)/.exec(word) ?? [];
  const message = `${what} is empty: ${word}${didYouMean(variable, names)}`;
  const hint =
    variable === "" ? undefined : `declare ARG ${variable}=… before the first FROM, or give --build-arg ${variable}=…`;
  return instructionError(dockerfile, from, { code: "base-empty", message, hint, piece: word });
}
