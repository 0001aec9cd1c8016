import { execFile } from "node:child_process";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** Runs a program of somebody else and answers its standard output; throws with its standard error when it fails. */
export async function runTool(program: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await execute(program, args, { maxBuffer: 1 << 26 });
  return stdout;
}
