import type { StageSource } from "../instructions/dockerfile.ts";
import type { StageInstruction } from "../instructions/instruction.ts";
import type { ImageConfig } from "../oci/image.ts";
import { initialConfig } from "../plan/config.ts";
import { type Expansion, type ExpandOptions, expand } from "../plan/expand.ts";
import { unexportedNames } from "../plan/predefined.ts";
import { type ArgSources, Scope } from "../plan/scope.ts";
import { ExpansionError } from "../plan/substitution.ts";
import type { Escape } from "../syntax/directives.ts";
import type { InstructionNode } from "../syntax/parse.ts";
import { expandedWords } from "./words.ts";

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
  readonly node: InstructionNode;
  readonly instruction: StageInstruction;
  /** The words that variables are expanded in, in order; those with a wrong substitution are left out. Made when asked for. */
  readonly words: readonly VisitedWord[];
  /** Names that nothing defines, each once. */
  readonly missing: readonly string[];
  /** Names that are defined, when some are missing. */
  readonly defined: readonly string[];
}

export interface VisitedWord extends Expansion {
  readonly written: string;
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
  nodes: readonly InstructionNode[],
  { start, triggers, escape, args }: StageContext,
): { readonly visits: readonly Visit[]; readonly end: Variables } {
  const known = start.kind === "known";
  const scope = known ? start.scope.inherited() : Scope.ofImage([]);
  const declared = new Set(known ? start.declared : []);
  const lookup = (name: string): string | undefined => scope.get(name);
  const defining = { args, declared, expandWord: (word: string): string => expand(word, { lookup, escape }).text };
  const visits: Visit[] = [];
  for (const trigger of triggers) define(trigger, scope, defining);
  for (const [index, instruction] of instructions.entries()) {
    const node = nodes[index];
    if (node === undefined) throw new TypeError("an instruction without its node");
    if (!usesVariables(node)) visits.push(new PlainVisit(node, instruction, escape));
    else {
      const words = wordsWith(node, instruction, { lookup, escape });
      const missing = known ? undefinedNames(words, declared) : [];
      visits.push({ node, instruction, words, missing, defined: missing.length === 0 ? [] : [...scope.names()] });
    }
    define(instruction, scope, defining);
  }
  return { visits, end: known ? { kind: "known", scope, declared } : start };
}

/** An instruction without variables: what its words are does not depend on where it stands. */
class PlainVisit implements Visit {
  readonly node: InstructionNode;
  readonly instruction: StageInstruction;
  readonly missing: readonly string[] = noNames;
  readonly defined: readonly string[] = noNames;
  readonly #escape: Escape;

  constructor(node: InstructionNode, instruction: StageInstruction, escape: Escape) {
    this.node = node;
    this.instruction = instruction;
    this.#escape = escape;
  }

  get words(): readonly VisitedWord[] {
    return wordsWith(this.node, this.instruction, { lookup: () => undefined, escape: this.#escape });
  }
}

const noNames: readonly string[] = [];

function usesVariables({ line, heredocs }: InstructionNode): boolean {
  return line.includes("$") || heredocs.some(({ expand: isExpanded, body }) => isExpanded && body.includes("$"));
}

function wordsWith(
  node: InstructionNode,
  instruction: StageInstruction,
  options: Pick<ExpandOptions, "lookup" | "escape">,
): readonly VisitedWord[] {
  return expandedWords(node, instruction).flatMap(({ text, quotes }) => {
    const expansion = attempt(() => expand(text, { ...options, quotes }));
    return expansion === undefined ? [] : [{ ...expansion, written: text }];
  });
}

function undefinedNames(words: readonly VisitedWord[], declared: ReadonlySet<string>): readonly string[] {
  const names = new Set<string>();
  for (const { missing } of words)
    for (const name of missing) if (!declared.has(name) && !unexportedNames.has(name)) names.add(name);
  return [...names];
}

interface Defining {
  readonly args: ArgSources;
  readonly declared: Set<string>;
  readonly expandWord: (word: string) => string;
}

/** What ENV and ARG leave to the instructions behind them. */
function define(instruction: StageInstruction, scope: Scope, { args, declared, expandWord }: Defining): void {
  if (instruction.kind === "env") {
    const pairs = instruction.pairs.map(({ key, value }) => ({
      key: attempt(() => expandWord(key)) ?? key,
      value: attempt(() => expandWord(value)) ?? "",
    }));
    for (const pair of pairs) scope.setEnv(pair);
  } else if (instruction.kind === "arg")
    for (const declaration of instruction.declarations) {
      declared.add(declaration.name);
      scope.declareArg(declaration, args, (word) => attempt(() => expandWord(word)) ?? "");
    }
}

/** Wrong substitutions are errors of the plan, and nothing to warn of. */
function attempt<Result>(expansion: () => Result): Result | undefined {
  try {
    return expansion();
  } catch (error) {
    if (error instanceof ExpansionError) return undefined;
    throw error;
  }
}
