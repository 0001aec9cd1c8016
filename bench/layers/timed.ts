import { readFileSync } from "node:fs";
import { findHelper } from "../../src/helper/find.ts";
import { type HelperSession, openSession } from "../../src/helper/session.ts";
import { run } from "../../test/support/process.ts";
import type { ProcessOptions } from "../../test/support/process.ts";

/** How one round went. */
export interface Round {
  readonly seconds: number;
  /** Seconds that its processes kept a processor busy. */
  readonly processor: number;
  /** The most memory that one of its processes held, in MiB. */
  readonly memory: number;
}

/** Times what is asked of a helper of its own, without the start of the helper: a build starts one, whatever it does. */
export async function timeHelper(work: (session: HelperSession) => Promise<unknown>): Promise<Round> {
  const session = await openSession({ helper: findHelper(), namespace: false, stdio: "none" });
  try {
    const start = performance.now();
    await work(session);
    const seconds = (performance.now() - start) / 1000;
    const pid = session.hello?.pid ?? 0;
    return { seconds, processor: processorOf(pid), memory: peakOf(pid) };
  } finally {
    await session.close();
  }
}

/** Times a command, and measures the largest of it and its children. @throws Error when it fails */
export async function timeCommand(argv: readonly string[], options: ProcessOptions = {}): Promise<Round> {
  const start = performance.now();
  const ended = await run(["/usr/bin/time", "--quiet", "--format", "\n%U %S %M", ...argv], options);
  const seconds = (performance.now() - start) / 1000;
  if (ended.code !== 0) throw new Error(`${argv.join(" ")} ended with ${ended.code}: ${ended.stderr}`);
  const [user = 0, system = 0, memory = 0] = (ended.stderr.trim().split("\n").at(-1) ?? "").split(" ").map(Number);
  return { seconds, processor: user + system, memory: memory / 1024 };
}

/** Times a line of shell, of which every part must succeed. */
export function timeShell(line: string): Promise<Round> {
  return timeCommand(["bash", "-o", "pipefail", "-c", line]);
}

/** The most memory that a process has held so far, in MiB. */
export function peakOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) / 1024;
}

/** Seconds that a process and its ended children have kept a processor busy so far; the kernel counts them by hundredths (proc_pid_stat(5)). */
export function processorOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) / 100;
}
