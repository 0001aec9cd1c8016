import type { StageSource } from "../instructions/dockerfile.ts";
import type { StageInstruction } from "../instructions/instruction.ts";
import type { ImageConfig } from "../oci/image.ts";
import { initialConfig } from "../plan/config.ts";
import { type Expansion, type ExpandOptions, expand } from "../plan/expand.ts";
import { unexportedNames } from "../plan/predefined.ts";
import { type ArgSources, Scope } from "../plan/scope.ts";
import { ExpansionError } from "../plan/substitution.ts";
import type { Escape } from "../syntax/directives.ts";
import type { InstructionNode } from "../syntax/node.ts";
import { expandedBodies, expandedWords } from "./words.ts";

/** The variables at a place of a stage; unknown where the base image could not be had. */
export type Variables =
  | {
      readonly kind: "known";
      readonly scope: Scope;
      /** Names of ARGs, also of those without a value. */
      readonly declared: ReadonlySet<string>;
    }
  | { readonly kind: "unknown" };

/** An instruction with what its words mean there. */
export interface Visit {
  readonly instruction: StageInstruction;
  /** The words that variables are expanded in, in order; those with a wrong substitution are left out. Made when asked for. */
  readonly words: readonly Expansion[];
  /** Names that nothing defines, each once. */
  readonly missing: readonly string[];
  /** Names that are defined, when some are missing. */
  readonly defined: readonly string[];
}

export function startVariables(config: ImageConfig | undefined): Variables {
  return { kind: "known", scope: Scope.ofImage(initialConfig(config).Env ?? []), declared: new Set() };
}

export interface StageContext {
  readonly start: Variables;
  /** The ONBUILD triggers that run before the stage's own instructions. */
  readonly triggers: readonly StageInstruction[];
  readonly escape: Escape;
  readonly args: ArgSources;
}

/** Follows the variables of a stage from instruction to instruction, as far as they are known. */
export function visitStage(
  { instructions }: StageSource,
  { start, triggers, escape, args }: StageContext,
): { readonly visits: readonly Visit[]; readonly end: Variables } {
  const known = start.kind === "known";
  const scope = known ? start.scope.inherited() : Scope.ofImage([]);
  const declared = new Set(known ? start.declared : []);
  const options = { lookup: (name: string): string | undefined => scope.get(name), escape };
  const defining = { args, declared, options };
  const visits: Visit[] = [];
  for (const trigger of triggers) define(trigger, scope, defining);
  for (const instruction of instructions) {
    if (usesVariables(instruction.node)) {
      const words = wordsWith(instruction, options);
      const missing = known ? undefinedNames(words, declared) : noNames;
      visits.push({ instruction, words, missing, defined: missing.length === 0 ? noNames : [...scope.names()] });
    } else visits.push(new PlainVisit(instruction, escape));
    define(instruction, scope, defining);
  }
  return { visits, end: known ? { kind: "known", scope, declared } : start };
}

/** An instruction without variables: what its words are does not depend on where it stands. */
class PlainVisit implements Visit {
  readonly instruction: StageInstruction;
  readonly missing: readonly string[] = noNames;
  readonly defined: readonly string[] = noNames;
  private readonly escape: Escape;
  private expanded: readonly Expansion[] | undefined;

  constructor(instruction: StageInstruction, escape: Escape) {
    this.instruction = instruction;
    this.escape = escape;
  }

  get words(): readonly Expansion[] {
    this.expanded ??= wordsWith(this.instruction, { lookup: () => undefined, escape: this.escape });
    return this.expanded;
  }
}

const noNames: readonly string[] = [];

function usesVariables({ line, heredocs }: InstructionNode): boolean {
  return line.includes("$") || heredocs.some(({ expand: isExpanded, body }) => isExpanded && body.includes("$"));
}

/** The words of an instruction, expanded. Wrong substitutions are errors of the plan, and nothing to warn of. */
function wordsWith(
  instruction: StageInstruction,
  { lookup, escape }: Pick<ExpandOptions, "lookup" | "escape">,
): readonly Expansion[] {
  const expansions: Expansion[] = [];
  expandAll(expandedWords(instruction), { lookup, escape }, expansions);
  expandAll(expandedBodies(instruction), { lookup, escape, quotes: "ignore" }, expansions);
  return expansions;
}

function expandAll(words: readonly string[], options: ExpandOptions, expansions: Expansion[]): void {
  for (const word of words) {
    const expansion = attempt(word, options);
    if (expansion !== undefined) expansions.push(expansion);
  }
}

function undefinedNames(words: readonly Expansion[], declared: ReadonlySet<string>): readonly string[] {
  const names = new Set<string>();
  for (const { missing } of words)
    for (const name of missing) if (!declared.has(name) && !unexportedNames.has(name)) names.add(name);
  return names.size === 0 ? noNames : [...names];
}

interface Defining {
  readonly args: ArgSources;
  readonly declared: Set<string>;
  readonly options: ExpandOptions;
}

/** What ENV and ARG leave to the instructions behind them. */
function define(instruction: StageInstruction, scope: Scope, { args, declared, options }: Defining): void {
  if (instruction.kind === "env") {
    const pairs = instruction.pairs.map(({ key, value }) => ({
      key: attempt(key, options)?.text ?? key,
      value: attempt(value, options)?.text ?? "",
    }));
    for (const pair of pairs) scope.setEnv(pair);
  } else if (instruction.kind === "arg")
    for (const declaration of instruction.declarations) {
      declared.add(declaration.name);
      scope.declareArg(declaration, args, (word) => attempt(word, options)?.text ?? "");
    }
}

function attempt(word: string, options: ExpandOptions): Expansion | undefined {
  try {
    return expand(word, options);
  } catch (error) {
    if (error instanceof ExpansionError) return undefined;
    throw error;
  }
}
