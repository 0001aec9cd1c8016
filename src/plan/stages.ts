import { type LineRange, OciBuildError } from "../errors.ts";
import type { Dockerfile, StageSource } from "../instructions/dockerfile.ts";
import type { FromInstruction } from "../instructions/instruction.ts";
import type { Platform } from "../oci/platform.ts";
import { throwAll } from "../syntax/problem.ts";
import { didYouMean } from "../syntax/suggest.ts";
import { expand } from "./expand.ts";
import { expandGlobal, globalArgs } from "./globals.ts";
import type { PlanOptions } from "./options.ts";
import { planError } from "./options.ts";
import { parsePlatform } from "../oci/platform.ts";
import type { StageIndex } from "./step.ts";
import { ExpansionError } from "./substitution.ts";

/** Where a stage, a COPY or a mount takes its files from. Image names are as written, expanded. */
export type StageReference =
  | { readonly kind: "scratch" }
  | { readonly kind: "stage"; readonly stage: StageIndex }
  | { readonly kind: "image"; readonly name: string; readonly platform: Platform };

export interface StageNode {
  readonly source: StageSource;
  readonly base: StageReference;
  /** What each `from` of its instructions means, by its text. */
  readonly sources: ReadonlyMap<string, StageReference>;
}

/** Which stages the target needs and what they stand on. */
export interface StageGraph {
  readonly dockerfile: Dockerfile;
  readonly globals: ReadonlyMap<string, string>;
  readonly target: StageIndex;
  /** In file order, which is a building order, because stages refer to earlier ones only. */
  readonly needed: readonly StageNode[];
}

/**
 * Resolves the names of stages, and drops the stages that the target does not need.
 * @throws OciBuildError `stage-unknown`, `stage-forward`, `platform-invalid`, `copy-source-invalid`, `instruction-unsupported` …
 */
export function resolveStages(dockerfile: Dockerfile, options: PlanOptions): StageGraph {
  const globals = globalArgs(dockerfile, options);
  const errors: OciBuildError[] = [];
  const nodes = dockerfile.stages.map((source) => {
    const base = resolveBase(dockerfile, source, { globals, options });
    const sources = new Map<string, StageReference>();
    for (const mention of mentionsIn(source))
      if (!sources.has(mention.from)) sources.set(mention.from, resolveSource(dockerfile, mention, options));
    return { source, base, sources };
  });
  const target = findTarget(dockerfile, options.target);
  const needed = reachable(nodes, target);
  for (const node of needed) errors.push(...forwardReferences(dockerfile, node), ...unsupported(dockerfile, node));
  throwAll(dockerfile.source, errors);
  return { dockerfile, globals, target, needed };
}

/** A stage or an image that an instruction reads files of. */
export interface Mention {
  /** As written. */
  readonly from: string;
  /** The flag that names it, as a person knows it. */
  readonly flag: string;
  readonly lines: LineRange;
}

/** What the instructions of a stage read files of, in their order. */
export function mentionsIn({ instructions }: StageSource): readonly Mention[] {
  return instructions.flatMap((instruction) =>
    instruction.kind === "copy" && instruction.from !== undefined
      ? [{ from: instruction.from, flag: `COPY --from=${instruction.from}`, lines: instruction.lines }]
      : [],
  );
}

interface BaseContext {
  readonly globals: ReadonlyMap<string, string>;
  readonly options: PlanOptions;
}

/** An earlier stage hides an image of the same name. */
function resolveBase(
  dockerfile: Dockerfile,
  { index, from }: StageSource,
  { globals, options }: BaseContext,
): StageReference {
  const name = expandGlobal(dockerfile, { word: from.base, lines: from.lines }, globals);
  if (name === "")
    throw blank(dockerfile, from.lines, { what: "the base of FROM", word: from.base, names: globals.keys() });
  const platform = resolvePlatform(dockerfile, from, { globals, options });
  const stage = dockerfile.stages.slice(0, index).findLast((earlier) => earlier.from.name === name.toLowerCase());
  if (stage !== undefined) return { kind: "stage", stage: stage.index };
  return name === "scratch" ? { kind: "scratch" } : { kind: "image", name, platform };
}

function resolvePlatform(dockerfile: Dockerfile, from: FromInstruction, { globals, options }: BaseContext): Platform {
  if (from.platform === undefined) return options.platform;
  const text = expandGlobal(dockerfile, { word: from.platform, lines: from.lines }, globals);
  if (text === "")
    throw blank(dockerfile, from.lines, { what: "the platform of FROM", word: from.platform, names: globals.keys() });
  try {
    return parsePlatform(text, options.platform);
  } catch (error) {
    if (!(error instanceof OciBuildError)) throw error;
    const { code, message, hint } = error;
    throw planError(dockerfile, from.lines, { code, message, hint });
  }
}

/** `from` names a stage, the index of a stage or an image, and takes no variables, as in BuildKit. */
function resolveSource(dockerfile: Dockerfile, { from, flag, lines }: Mention, options: PlanOptions): StageReference {
  if (expandsTo(dockerfile, from) !== from)
    throw planError(dockerfile, lines, {
      code: "copy-source-invalid",
      message: `${flag} holds a variable, which is not expanded there`,
      hint: "name a stage by FROM $VARIABLE AS name, and take the files from that",
    });
  const named = findStage(dockerfile, from);
  if (named !== undefined) return { kind: "stage", stage: named };
  if (/^[+-]?\d+$/.test(from)) {
    const stages = dockerfile.stages.length;
    throw planError(dockerfile, lines, {
      code: "stage-unknown",
      message: `no stage has the index ${from}`,
      hint: `the stages are 0 to ${stages - 1}`,
    });
  }
  return from === "scratch" ? { kind: "scratch" } : { kind: "image", name: from, platform: options.platform };
}

function expandsTo({ escape }: Dockerfile, word: string): string | undefined {
  try {
    return expand(word, { lookup: () => undefined, escape }).text;
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
  throw planError(dockerfile, stages.at(-1)?.from.lines ?? { start: 1, end: 1 }, {
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
  const forward = mentionsIn(source).filter(({ from }) => {
    const reference = sources.get(from);
    return reference?.kind === "stage" && reference.stage >= source.index;
  });
  return forward.map(({ flag, lines }) =>
    planError(dockerfile, lines, {
      code: "stage-forward",
      message: `${flag} in ${stageName(source)} refers to a stage that is not built before it`,
      hint: "move the stage that is read above this one",
    }),
  );
}

function unsupported(dockerfile: Dockerfile, { source }: StageNode): OciBuildError[] {
  const found = source.instructions.filter((instruction) => instruction.kind === "unsupported");
  return found.map(({ code, message, hint, lines }) => planError(dockerfile, lines, { code, message, hint }));
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

function blank(dockerfile: Dockerfile, lines: LineRange, { what, word, names }: BlankWord): OciBuildError {
  const [, variable = ""] = /\$\{?(\w+)/.exec(word) ?? [];
  const message = `${what} is empty: ${word}${didYouMean(variable, names)}`;
  const hint =
    variable === "" ? undefined : `declare ARG ${variable}=… before the first FROM, or give --build-arg ${variable}=…`;
  return planError(dockerfile, lines, { code: "base-empty", message, hint });
}
