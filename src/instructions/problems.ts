import { rangeOfPiece } from "../syntax/lines.ts";
import type { Problem } from "../syntax/problem.ts";
import type { InstructionNode } from "../syntax/node.ts";
import type { SourceRange } from "../syntax/source.ts";

/** Carries one problem from where it is found to where the problems of all instructions are gathered. */
export class InstructionProblem extends Error {
  override readonly name = "InstructionProblem";
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

interface Details {
  readonly hint?: string | undefined;
  /** Where it is; without it, all arguments are meant, or the keyword that has none. */
  readonly range?: SourceRange | undefined;
  /** The same as a piece of the instruction, as it is written there. */
  readonly piece?: string | undefined;
}

/** An instruction whose arguments are not what they must be. */
export function argumentProblem(node: InstructionNode, message: string, details: Details = {}): InstructionProblem {
  return problemOf("argument-invalid", node, message, details);
}

export function flagProblem(node: InstructionNode, message: string, details: Details = {}): InstructionProblem {
  return problemOf("flag-invalid", node, message, details);
}

function problemOf(code: string, node: InstructionNode, message: string, details: Details): InstructionProblem {
  const { hint, range, piece = "" } = details;
  const where = range ?? rangeOfPiece(node.written, piece) ?? argumentsOf(node);
  return new InstructionProblem({ code, message, hint, range: where });
}

function argumentsOf({ arguments: { text, range }, keyword }: InstructionNode): SourceRange {
  return text === "" ? keyword.range : range;
}
