import { OciBuildError } from "../errors.ts";
import type { Isolation, Outcome, RunParams } from "../helper/messages.ts";
import type { Names } from "../network/names.ts";
import type { RunStep } from "../plan/step.ts";
import type { EventSink, StepId } from "../progress/event.ts";
import type { Store } from "../store/store.ts";
import { isBare } from "./place.ts";
import type { Mounted } from "./mounts/run-mounts.ts";
import { runWatched } from "./watched-process.ts";
import { BUILD_HOSTNAME, networkFiles } from "./network-files.ts";

export interface Running {
  readonly store: Store;
  readonly isolation: Isolation;
  readonly offline: boolean;
  readonly names: Names;
  readonly epoch: number | undefined;
  readonly mounted: Mounted;
  readonly id: StepId;
  readonly events: EventSink;
  readonly signal: AbortSignal;
}

/** Runs a RUN's process in the mounted root. @throws OciBuildError `run-failed` and what the sandbox says */
export async function runProcess(root: string, step: RunStep, running: Running): Promise<void> {
  const { store, id, events, signal } = running;
  const tail = new OutputTail();
  const process = await processOf(root, step, running);
  const { outcome, forgets } = await runWatched(
    store.session,
    { ...process, stdio: "capture" },
    {
      signal,
      onOutput: (stream, chunk) => {
        tail.add(chunk);
        events({ kind: "step-output", step: id, stream, chunk });
      },
    },
  );
  if (forgets) events({ kind: "warning", message: FORGETS });
  signal.throwIfAborted();
  const ending = endingOf(outcome);
  if (ending === undefined) return;
  if (outcome.kind === "notStarted") throw new OciBuildError(outcome.code, ending, { hint: hintFor(outcome) });
  const what = `process ${JSON.stringify(step.argv.join(" "))} did not complete successfully: ${ending}`;
  throw new OciBuildError("run-failed", what, { output: tail.text(), hint: hintFor(outcome) });
}

/** What the helper is to start for a RUN, and in which surroundings. @throws OciBuildError `hostname-unavailable`, `host-gateway-unavailable` */
export async function processOf(
  root: string,
  step: RunStep,
  { store, isolation, offline, names, epoch, mounted, events }: Omit<Running, "id" | "signal">,
): Promise<Omit<RunParams, "stdio">> {
  if (step.hostname !== undefined && isBare(store))
    throw new OciBuildError(
      "hostname-unavailable",
      `the host name cannot be ${step.hostname} here, without namespaces`,
      {
        hint: "leave BUILDKIT_SANDBOX_HOSTNAME out, or allow namespaces: --security-opt seccomp=unconfined for docker",
      },
    );
  const hostname = step.hostname ?? BUILD_HOSTNAME;
  const network = offline ? "none" : step.network === "default" ? "host" : step.network;
  const warn = (message: string): void => events({ kind: "warning", message });
  return {
    root,
    argv: step.argv,
    env: environmentOf(step, { epoch, more: mounted.env }),
    cwd: step.cwd,
    user: step.user,
    isolation,
    network,
    hostname,
    files: await networkFiles(hostname, { network, names, warn }),
    mounts: mounted.mounts,
  };
}

/** One id is mapped, and seccomp's user notification is forbidden or /proc is another container's. */
const FORGETS =
  "owners that RUN gives to files are forgotten: this user has no sub-ids, and here RUN's system calls cannot be answered " +
  "for it; the layer has the files as root's";

interface Variables {
  readonly epoch: number | undefined;
  /** Stand in for variables of the same name. */
  readonly more: readonly string[];
}

/** SOURCE_DATE_EPOCH lets compilers and packers write what the clamping of times would not break. */
function environmentOf(step: RunStep, { epoch, more }: Variables): readonly string[] {
  const has = (entries: readonly string[], name: string): boolean => entries.some((v) => v.startsWith(`${name}=`));
  const own = [...step.unkeyedEnv, ...step.env].filter((entry) => !has(more, entry.slice(0, entry.indexOf("="))));
  const variables = [...own, ...more];
  return epoch === undefined || has(variables, "SOURCE_DATE_EPOCH")
    ? variables
    : [...variables, `SOURCE_DATE_EPOCH=${epoch}`];
}

function endingOf(outcome: Outcome): string | undefined {
  switch (outcome.kind) {
    case "exited":
      return outcome.code === 0 ? undefined : `exit code: ${outcome.code}`;
    case "signalled":
      return `killed by signal ${outcome.signal}`;
    case "notStarted":
      return outcome.message;
  }
}

function hintFor(outcome: Outcome): string | undefined {
  if (outcome.kind === "signalled" && outcome.signal === 9)
    return "signal 9 often means that the machine ran out of memory: look at `dmesg`";
  if (outcome.kind === "notStarted" && outcome.code === "command-not-found")
    return 'the image may have no shell: use the exec form, RUN ["program", "argument"], or a base with one';
  return undefined;
}

/** Keeps the last part of a process's output for the error report. */
class OutputTail {
  static readonly #LIMIT = 64 * 1024;
  #chunks: Buffer[] = [];
  #size = 0;

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size > 2 * OutputTail.#LIMIT) {
      const kept = Buffer.concat(this.#chunks).subarray(-OutputTail.#LIMIT);
      this.#chunks = [kept];
      this.#size = kept.length;
    }
  }

  text(): string {
    return Buffer.concat(this.#chunks).subarray(-OutputTail.#LIMIT).toString();
  }
}
