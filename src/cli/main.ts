import * as nodeModule from "node:module";
import { isatty } from "node:tty";

// Node 22.8 and newer can keep compiled code between runs. It must be asked before the other files are loaded.
(nodeModule as { enableCompileCache?: () => void }).enableCompileCache?.();

const [{ runProgram }, { engine }] = await Promise.all([import("./program.ts"), import("./engine.ts")]);

// A reader that has seen enough (`oci-build images | head -1`) is no failure; who writes an archive notices by himself.
process.stdout.on("error", ignoreClosedPipe);
process.stderr.on("error", () => undefined);

const { env, stdout, stderr } = process;
const exitCode = await runProgram(process.argv.slice(2), { env, stdout, stderr, process, isTerminal: isatty, engine });
// Connections that are kept for a next request must not keep the program. Writes to pipes are synchronous on Linux.
process.exit(exitCode);

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}
