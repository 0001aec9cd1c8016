import type { Context } from "./context.ts";
import { catchInterrupts, exitCodeOfSignal, type Interrupts } from "./interrupts.ts";

/** Runs `work` with signals caught. When a signal made it fail, answers 128 and the signal's number, as shells do. */
export async function interruptible(
  context: Context,
  work: (interrupts: Interrupts) => Promise<number>,
): Promise<number> {
  const interrupts = catchInterrupts(context.process);
  try {
    return await work(interrupts);
  } catch (error) {
    const cause = interrupts.cause();
    if (cause === undefined) throw error;
    context.stderr.write(`cancelled by ${cause}\n`);
    return exitCodeOfSignal(cause);
  } finally {
    interrupts.release();
  }
}
