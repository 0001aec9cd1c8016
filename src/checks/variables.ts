import type { StageSource } from "../instructions/dockerfile.ts";
import type { StageInstruction } from "../instructions/instruction.ts";
import type { ImageConfig } from "../oci/image.ts";
import { initialConfig } from "../plan/config.ts";
import { type ExpandOptions, expand, expandToWords } from "../plan/expand.ts";
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
  /** The words that variables are expanded in, in order. Made when asked for. */
  readonly words: readonly VisitedWord[];
  /** Names that nothing defines, each once. */
  readonly missing: readonly string[];
  /** Names that are defined, when some are missing. */
  readonly defined: readonly string[];
}

export interface VisitedWord {
  readonly word: string;
  /** What it expands to; undefined where that is wrong, which the plan tells. A word of EXPOSE may come to several. */
  readonly text: string | undefined;
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
  const missing: string[] = [];
  const options = { lookup, escape };
  for (const trigger of triggers) define(visit(trigger));
  const visits = instructions.map((instruction) => {
    const visited = usesVariables(instruction.node) ? visit(instruction) : new PlainVisit(instruction, escape);
    define(visited);
    return visited;
  });
  return { visits, end: known ? { kind: "known", scope, declared } : start };

  function lookup(name: string): string | undefined {
    const value = scope.get(name);
    if (value === undefined && !declared.has(name) && !unexportedNames.has(name)) missing.push(name);
    return value;
  }

  function visit(instruction: StageInstruction): Visit {
    missing.length = 0;
    const words = wordsWith(instruction, options, missing);
    if (!known || missing.length === 0) return { instruction, words, missing: noNames, defined: noNames };
    return { instruction, words, missing: [...new Set(missing)], defined: [...scope.names()] };
  }

  /** What ENV and ARG leave to the instructions behind them. */
  function define(visited: Visit): void {
    const { instruction } = visited;
    if (instruction.kind === "env") {
      const { words } = visited;
      instruction.pairs.forEach(({ key }, index) => {
        scope.setEnv({ key: words[2 * index]?.text ?? key, value: words[2 * index + 1]?.text ?? "" });
      });
    } else if (instruction.kind === "arg")
      for (const declaration of instruction.declarations) {
        declared.add(declaration.name);
        scope.declareArg(declaration, args, (word) => textsOf(word, instruction, options)?.[0] ?? "");
      }
  }
}

/** An instruction without variables: what its words are does not depend on where it stands. */
class PlainVisit implements Visit {
  readonly instruction: StageInstruction;
  readonly missing: readonly string[];
  readonly defined: readonly string[];
  private readonly escape: Escape;
  private expanded: readonly VisitedWord[] | undefined;

  constructor(instruction: StageInstruction, escape: Escape) {
    this.instruction = instruction;
    this.missing = noNames;
    this.defined = noNames;
    this.escape = escape;
    this.expanded = undefined;
  }

  get words(): readonly VisitedWord[] {
    this.expanded ??= wordsWith(this.instruction, { lookup: () => undefined, escape: this.escape }, []);
    return this.expanded;
  }
}

const noNames: readonly string[] = [];

function usesVariables({ line, heredocs }: InstructionNode): boolean {
  return line.includes("$") || heredocs.some(({ expand: isExpanded, body }) => isExpanded && body.includes("$"));
}

/** The words of an instruction, expanded. `missing` is where the lookup puts names; those of wrong words are taken back. */
function wordsWith(instruction: StageInstruction, options: ExpandOptions, missing: string[]): readonly VisitedWord[] {
  const found: VisitedWord[] = [];
  for (const word of expandedWords(instruction)) add(word, options);
  for (const body of expandedBodies(instruction)) add(body, { ...options, quotes: "ignore" });
  return found;

  function add(word: string, how: ExpandOptions): void {
    const before = missing.length;
    const texts = textsOf(word, instruction, how);
    if (texts === undefined) missing.length = before;
    for (const text of texts ?? [undefined]) found.push({ word, text });
  }
}

function textsOf(word: string, { kind }: StageInstruction, options: ExpandOptions): readonly string[] | undefined {
  try {
    return kind === "expose" ? expandToWords(word, options) : [expand(word, options)];
  } catch (error) {
    if (error instanceof ExpansionError) return undefined;
    throw error;
  }
}
