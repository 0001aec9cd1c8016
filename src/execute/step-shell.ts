import { OciBuildError } from "../errors.ts";
import type { RunMount } from "../helper/messages.ts";
import { ordinaryNames } from "../network/names.ts";
import { stepsNamed } from "../plan/cache-policy.ts";
import { defaultPath } from "../plan/config.ts";
import type { Plan, RunStep } from "../plan/step.ts";
import type { Executor, StepWork } from "../solve/executor.ts";
import type { LayerStep } from "../solve/keys.ts";
import { createExecutor, type ExecutorOptions } from "./executor.ts";
import { programMount, withRunMounts } from "./mounts/run-mounts.ts";
import { isBare } from "./place.ts";
import { lowersOf } from "./rootfs.ts";
import { processOf } from "./run-step.ts";
import { runWatched } from "./watched-process.ts";

/** When a build opens a shell in the file system that a step works on, as it is before the step. */
export interface StepShell {
  /** The step that is not to be run, as `stepsNamed` takes it: the shell is opened instead. Without it, the step that fails. */
  readonly before?: string | undefined;
  /** How to get such a shell later, told where there is nobody to use one now. */
  readonly later: (step: string) => string;
  /** Who uses it; without one nothing is opened. */
  readonly user?: ShellUser | undefined;
}

export interface ShellUser {
  /** The process gets a terminal of its own; else it reads the standard input as it is. */
  readonly terminal: boolean;
  /** Shows what the user has to know, when nothing else writes any more. */
  readonly opening: (text: string) => void;
  /** As in `RunOptions` of a container. */
  readonly forwardSignals: (deliver: (name: NodeJS.Signals) => void) => () => void;
  readonly signal: AbortSignal;
}

/** What a shell is opened with. */
interface Halted {
  readonly step: LayerStep;
  readonly work: StepWork;
  readonly error: OciBuildError;
}

/** Code of the error that ends a build before the step that it was to stop before. */
export const STOPPED = "stopped-before-step";

/** Where the shell finds the step's own command line. */
const REPEAT = "/run/oci-build/step";

/**
 * Lets `solve` work with an executor. When a step fails, or was to be stopped before, a shell is opened where it stood once
 * all other steps have ended; what is done there is thrown away, and the failure goes on afterwards.
 * @throws OciBuildError `stopped-before-step`, `shell-missing`, and what `solve` throws
 */
export async function withStepShell<T>(
  shell: StepShell | undefined,
  options: ExecutorOptions & { readonly plan: Plan },
  solve: (executor: Executor) => Promise<T>,
): Promise<T> {
  const executor = createExecutor(options);
  if (shell === undefined) return solve(executor);
  const stops = shell.before === undefined ? [] : stepsNamed(shell.before, options.plan, "--step");
  let halted: Halted | undefined;
  const execute: Executor["execute"] = async (step, work) => {
    try {
      if (stops.some((stop) => stop.step.lines === step.lines)) {
        // When a step has ended the build nothing is fetched any more.
        await lowersOf(options.supply, work.chain);
        throw new OciBuildError(STOPPED, `the build was stopped before ${step.title}`);
      }
      return await executor.execute(step, work);
    } catch (error) {
      if (error instanceof OciBuildError) halted ??= { step, work, error };
      throw error;
    }
  };
  try {
    return await solve({ ...executor, execute });
  } catch (error) {
    // A build that was cancelled wants to end.
    if (halted !== undefined && shell.user?.signal.aborted !== true) await open(halted, shell, options);
    throw error;
  }
}

async function open({ step, work, error }: Halted, shell: StepShell, options: ExecutorOptions): Promise<void> {
  const { user, later } = shell;
  const { stage, number } = work.place;
  if (user === undefined) {
    options.events({ kind: "warning", message: later(`${stage}:${number}`) });
    return;
  }
  // The build's own signal has ended what else was going on.
  const alive = { ...options, signal: user.signal };
  const lowers = await lowersOf(options.supply, work.chain);
  const run = shellStep(step);
  await options.roots.writing(lowers, (root) =>
    withRunMounts({ step: run, work, options: alive }, async (mounted) => {
      const repeat = step.kind === "run" && !isBare(options.store) ? [repeatMount(step)] : [];
      await options.store.session.call("makeDirectory", { root, path: run.cwd, user: run.user });
      const running = { ...alive, offline: options.offline ?? false, names: options.names ?? ordinaryNames };
      const mounts = [...mounted.mounts, ...repeat];
      const process = await processOf(root, run, { ...running, mounted: { ...mounted, mounts } });
      user.opening(openingText({ step, error, repeats: repeat.length > 0 }));
      await runShell(process, user, options);
    }),
  );
}

async function runShell(
  process: Awaited<ReturnType<typeof processOf>>,
  user: ShellUser,
  { store }: ExecutorOptions,
): Promise<void> {
  const { outcome } = await runWatched(
    store.session,
    { ...process, stdio: user.terminal ? "terminal" : "inherit" },
    user,
  );
  if (outcome.kind === "notStarted")
    throw new OciBuildError("shell-missing", `no shell could be opened: ${outcome.message}`, {
      hint: "the image has no /bin/sh: look at it from a base with one, by COPY --from or RUN --mount=from=",
    });
}

/** The step with a shell in the place of its command. Steps that start no process have none of its surroundings. */
function shellStep(step: LayerStep): RunStep {
  const argv = ["/bin/sh", "-c", 'exec "$(command -v bash || echo /bin/sh)"'];
  if (step.kind === "run") return { ...step, argv, env: [...step.env, "TERM=xterm"] };
  const { title, lines, createdBy } = step;
  const env = [defaultPath, "TERM=xterm"];
  const none = { unkeyedEnv: [], cwd: "/", user: "", network: "default", mounts: [] } as const;
  return { kind: "run", title, lines, createdBy, argv, env, ...none };
}

/** A program that does what the step does. */
function repeatMount({ argv }: RunStep): RunMount {
  const quoted = argv.map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  return programMount(REPEAT, `#!/bin/sh\nexec ${quoted.join(" ")}\n`);
}

function openingText({ step, error, repeats }: Pick<Halted, "step" | "error"> & { repeats: boolean }): string {
  return [
    ...(error.code === STOPPED ? [] : [error.message]),
    `this shell stands before ${step.title}`,
    `${repeats ? `${REPEAT} runs the step; ` : ""}what is changed here is thrown away; exit ends the build`,
    "",
  ].join("\n");
}
