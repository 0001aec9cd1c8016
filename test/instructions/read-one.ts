import { parseDockerfile } from "../../src/instructions/dockerfile.ts";
import type { StageInstruction } from "../../src/instructions/instruction.ts";

/** The one instruction that `line` holds, put behind a FROM. */
export function readOne(line: string): StageInstruction {
  const [instruction, second] = parseDockerfile("Dockerfile", `FROM scratch\n${line}\n`).stages[0]?.instructions ?? [];
  if (instruction === undefined || second !== undefined) throw new Error(`not one instruction: ${line}`);
  return instruction;
}
