import type { Dockerfile, StageSource } from "../instructions/dockerfile.ts";
import type { StageInstruction } from "../instructions/instruction.ts";
import { InstructionProblem } from "../instructions/problems.ts";
import { readInstruction } from "../instructions/read.ts";
import type { InstructionNode } from "../syntax/node.ts";
import { parse } from "../syntax/parse.ts";
import type { Problem } from "../syntax/problem.ts";
import { errorOf } from "../syntax/problem.ts";
import { readSource } from "../syntax/source.ts";
import type { OciBuildError } from "../errors.ts";

/** What a stage inherits from the ONBUILDs below it. */
export interface Triggers {
  /** Each instruction as text, in order. */
  readonly texts: readonly string[];
  /** Whose they are, for a person: the name of an image or a stage. */
  readonly owner: string;
}

/**
 * The ONBUILD triggers that run right behind a FROM, as instructions that stand where the FROM does. As BuildKit does, they
 * are read with `\` as escape character, because an image does not say what its Dockerfile had; variables in them are
 * expanded like the stage's own.
 * @param errors takes those of triggers that cannot be read
 */
export function readTriggers(
  dockerfile: Dockerfile,
  { from }: StageSource,
  { texts, owner }: Triggers,
  errors: OciBuildError[],
): readonly StageInstruction[] {
  return texts.flatMap((text) => {
    const read = readTrigger(text);
    if ("kind" in read) return [{ ...read, inherited: { owner, from: from.node } }];
    const [line = ""] = text.split("\n", 1);
    const message = `ONBUILD ${line} of ${owner}: ${read.message}`;
    errors.push(errorOf(dockerfile.source, { ...read, message, range: from.node.range }));
    return [];
  });
}

/** The instructions that a stage leaves to the stages that stand on it. */
export function triggersOf(instructions: readonly StageInstruction[]): readonly string[] {
  return instructions.flatMap((instruction) => (instruction.kind === "onbuild" ? [instruction.trigger] : []));
}

function readTrigger(text: string): StageInstruction | Problem {
  const result = parse(readSource("ONBUILD", text));
  if (result.kind === "problems") return result.problems[0] ?? notOne(text);
  const [node, second] = result.tree.instructions;
  if (node === undefined || second !== undefined) return notOne(text);
  const instruction = readNode(node);
  if (!("kind" in instruction)) return instruction;
  return instruction.kind === "from" ? { ...notOne(text), message: "FROM cannot be an ONBUILD trigger" } : instruction;
}

function readNode(node: InstructionNode): ReturnType<typeof readInstruction> | Problem {
  try {
    return readInstruction(node, "\\");
  } catch (error) {
    if (error instanceof InstructionProblem) return error.problem;
    throw error;
  }
}

function notOne(text: string): Problem {
  const start = { line: 1, column: 1 };
  const message = `${JSON.stringify(text)} is not one instruction`;
  return { code: "onbuild-invalid", message, range: { start, end: start } };
}
