import { OciBuildError } from "../errors.ts";
import type { Dockerfile } from "../instructions/dockerfile.ts";
import { type Instruction, placeOf } from "../instructions/instruction.ts";
import { rangeOfPiece } from "../syntax/lines.ts";
import { errorOf } from "../syntax/problem.ts";
import { didYouMean } from "../syntax/suggest.ts";
import { PlanFault } from "./fault.ts";
import { ExpansionError } from "./substitution.ts";

interface Fault {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  /** The piece of the instruction that is to be underlined; without one all of it is. */
  readonly piece?: string | undefined;
}

/** An error of one instruction. That of an ONBUILD trigger stands at the FROM, and names the trigger and whose it is. */
export function instructionError(dockerfile: Dockerfile, instruction: Instruction, fault: Fault): OciBuildError {
  const { node, inherited } = instruction;
  const { code, hint, piece = "" } = fault;
  const message =
    inherited === undefined ? fault.message : `ONBUILD ${node.line} of ${inherited.owner}: ${fault.message}`;
  const narrow = inherited === undefined ? rangeOfPiece(node.written, piece) : undefined;
  return errorOf(dockerfile.source, { code, message, hint, range: narrow ?? placeOf(instruction).range });
}

interface Place {
  readonly dockerfile: Dockerfile;
  readonly instruction: Instruction;
  /** The variables that have a value there. */
  readonly variables: Iterable<string>;
}

/** What evaluation threw, as an error of its instruction; faults of the program itself are thrown on. */
export function located(error: unknown, { dockerfile, instruction, variables }: Place): OciBuildError {
  if (error instanceof OciBuildError) return error;
  if (error instanceof PlanFault) return instructionError(dockerfile, instruction, error);
  if (error instanceof ExpansionError)
    return instructionError(dockerfile, instruction, {
      code: "expansion-invalid",
      message: error.message + didYouMean(error.variable ?? "", variables),
      piece: error.piece,
    });
  throw error;
}
