import { spawn, type ChildProcess } from "node:child_process";
import { constants } from "node:os";
import { buffer } from "node:stream/consumers";

export interface ProcessOptions {
  readonly cwd?: string | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** What the process reads on standard input; without it, nothing. */
  readonly input?: string | Uint8Array | undefined;
}

export interface Ended {
  /** Exit code, or 128 + the number of the signal that ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Runs a command to its end. Any exit code is an answer; only a command that cannot be started throws. */
export function run(argv: readonly string[], options: ProcessOptions = {}): Promise<Ended> {
  return start(argv, options).ended;
}

/** Runs a command that must succeed, and gives its standard output. */
export async function output(argv: readonly string[], options: ProcessOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(argv, options);
  if (code !== 0) throw new Error(`${argv.join(" ")} ended with ${code}:\n${stdout}${stderr}`);
  return stdout;
}

/** Starts a command, for tests that act while it runs. */
export function start(argv: readonly string[], options: ProcessOptions = {}): Running {
  const [command, ...rest] = argv;
  if (command === undefined) throw new TypeError("no command");
  const child = spawn(command, rest, { cwd: options.cwd, env: options.env ?? process.env, stdio: "pipe" });
  // A process that ends without reading its input is no failure of the test.
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input);
  return { child, ended: untilEnd(child, buffer(child.stdout), buffer(child.stderr)) };
}

async function untilEnd(child: ChildProcess, stdout: Promise<Buffer>, stderr: Promise<Buffer>): Promise<Ended> {
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exitCode, signal) => resolve(exitCode ?? 128 + signalNumber(signal)));
  });
  return { code, stdout: (await stdout).toString(), stderr: (await stderr).toString() };
}

function signalNumber(signal: NodeJS.Signals | null): number {
  return signal === null ? 0 : (constants.signals[signal] ?? 0);
}
