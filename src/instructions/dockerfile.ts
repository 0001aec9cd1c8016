import type { Escape } from "../syntax/directives.ts";
import type { OciBuildError } from "../errors.ts";
import type { InstructionNode } from "../syntax/node.ts";
import type { SyntaxTree } from "../syntax/parse.ts";
import { parse } from "../syntax/parse.ts";
import type { Problem } from "../syntax/problem.ts";
import { errorOf, throwAll } from "../syntax/problem.ts";
import type { Source } from "../syntax/source.ts";
import { comparePositions, readSource } from "../syntax/source.ts";
import type { ArgInstruction, FromInstruction, Instruction, StageInstruction } from "./instruction.ts";
import { InstructionProblem } from "./problems.ts";
import { readInstruction } from "./read.ts";

/** A Dockerfile with its meaning, before any variable has a value. */
export interface Dockerfile {
  readonly source: Source;
  readonly tree: SyntaxTree;
  readonly escape: Escape;
  /** ARG in front of the first FROM. */
  readonly globalArgs: readonly ArgInstruction[];
  readonly stages: readonly StageSource[];
  readonly warnings: readonly Problem[];
}

/** One FROM and what follows it. */
export interface StageSource {
  /** Counts from 0. */
  readonly index: number;
  readonly from: FromInstruction;
  readonly instructions: readonly StageInstruction[];
}

/** A Dockerfile as far as it can be read. */
export interface ReadDockerfile {
  readonly source: Source;
  /** In the order of the file. */
  readonly errors: readonly OciBuildError[];
  /** Without what is faulty; undefined where that leaves in doubt which stages there are. */
  readonly dockerfile: Dockerfile | undefined;
}

/** Reads a Dockerfile. `file` is how the user named it; `content` is its text or its bytes. */
export function readDockerfile(file: string, content: string | Uint8Array): ReadDockerfile {
  const source = readSource(file, content);
  const result = parse(source);
  const tree = result.kind === "tree" ? result.tree : result.readable;
  const problems: Problem[] = result.kind === "tree" ? [] : [...result.problems];
  const hidesStages = problems.some(mayHideStage);
  const { instructions, faulty } = readAll(tree, problems);
  // What a faulty instruction leaves out must not count against the others.
  const isWhole = !hidesStages && !faulty.some(({ name }) => name === "FROM");
  const dockerfile = isWhole ? assemble(tree, instructions, problems) : undefined;
  const inOrder = problems.sort((one, other) => comparePositions(one.range.start, other.range.start));
  return { source, errors: inOrder.map((problem) => errorOf(source, problem)), dockerfile };
}

/**
 * The same where a faulty Dockerfile is none.
 * @throws OciBuildError with code and line for one error, DockerfileErrors for several
 */
export function parseDockerfile(file: string, content: string | Uint8Array): Dockerfile {
  const { source, errors, dockerfile } = readDockerfile(file, content);
  throwAll(source, errors);
  if (dockerfile === undefined) throw new TypeError("a failed parse names no problem");
  return dockerfile;
}

/** A line that is no instruction leaves the others as they are, unless it was meant to begin a stage. */
function mayHideStage({ code, message }: Problem): boolean {
  return code !== "instruction-unknown" || message.includes("FROM");
}

function assemble(tree: SyntaxTree, instructions: readonly Instruction[], problems: Problem[]): Dockerfile {
  const globalArgs: ArgInstruction[] = [];
  const stages: { index: number; from: FromInstruction; instructions: StageInstruction[] }[] = [];
  for (const instruction of instructions) {
    const stage = stages.at(-1);
    if (instruction.kind === "from") stages.push({ index: stages.length, from: instruction, instructions: [] });
    else if (stage !== undefined) stage.instructions.push(instruction);
    else if (instruction.kind === "arg") globalArgs.push(instruction);
    else problems.push(beforeFrom(instruction));
  }
  if (stages.length === 0 && problems.length === 0) problems.push(noStages(tree));
  return { source: tree.source, tree, escape: tree.directives.escape, globalArgs, stages, warnings: tree.warnings };
}

function readAll(
  tree: SyntaxTree,
  problems: Problem[],
): { instructions: readonly Instruction[]; faulty: readonly InstructionNode[] } {
  const instructions: Instruction[] = [];
  const faulty: InstructionNode[] = [];
  for (const node of tree.instructions) {
    try {
      instructions.push(readInstruction(node, tree.directives.escape));
    } catch (error) {
      if (!(error instanceof InstructionProblem)) throw error;
      problems.push(error.problem);
      faulty.push(node);
    }
  }
  return { instructions, faulty };
}

function beforeFrom({ node }: Instruction): Problem {
  return {
    code: "stage-missing",
    message: "no FROM in front of this instruction",
    hint: "only ARG may stand before the first FROM",
    range: node.range,
  };
}

function noStages(tree: SyntaxTree): Problem {
  const last = tree.instructions.at(-1)?.range ?? { start: { line: 1, column: 1 }, end: { line: 1, column: 1 } };
  return {
    code: "stage-missing",
    message: "the Dockerfile has no FROM",
    hint: "begin the image with FROM image or FROM scratch",
    range: last,
  };
}
