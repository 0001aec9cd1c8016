import { constants } from "node:os";
import type { CallHandlers, HelperSession } from "../helper/session.ts";
import type { RunParams, RunResult } from "../helper/messages.ts";

export interface Watching {
  /** Aborting it kills the process. */
  readonly signal: AbortSignal;
  /**
   * Called as soon as the process can take signals; the function that comes back is called when it has ended. Signals that
   * are handed to `deliver` reach the process.
   */
  readonly forwardSignals?: ((deliver: (name: NodeJS.Signals) => void) => () => void) | undefined;
  readonly onOutput?: CallHandlers<"run">["onOutput"];
}

/**
 * Runs a process of a sandbox to its end. Nothing is waited for between looking at the abort signal and listening to it: a
 * Ctrl-C in between would be heard by nobody, and the process go on to its end.
 * @throws the signal's reason when it is aborted already, and OciBuildError with the helper's code
 */
export async function runWatched(
  session: Pick<HelperSession, "start">,
  params: RunParams,
  { signal, forwardSignals, onOutput }: Watching,
): Promise<RunResult> {
  signal.throwIfAborted();
  const call = session.start("run", params, onOutput === undefined ? {} : { onOutput });
  const deliver = (name: NodeJS.Signals): void => call.notify({ kind: "signal", number: constants.signals[name] });
  const kill = (): void => deliver("SIGKILL");
  signal.addEventListener("abort", kill, { once: true });
  const release = forwardSignals?.(deliver);
  try {
    return await call.result;
  } finally {
    release?.();
    signal.removeEventListener("abort", kill);
  }
}
