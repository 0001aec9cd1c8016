import type { ShellUser, StepShell } from "../execute/step-shell.ts";
import type { Context } from "./context.ts";
import type { Interrupts } from "./interrupts.ts";

const [stdin, stderr] = [0, 2];

/** Whether somebody sits in front of this command. */
export function isAttended({ isTerminal }: Context): boolean {
  return isTerminal(stdin) && isTerminal(stderr);
}

/** The one who called this command, as the user of a step's shell. `opening` ends what else writes to the terminal. */
export function shellUser(context: Context, { signal, forwardTo }: Interrupts, opening: () => void): ShellUser {
  return {
    terminal: isAttended(context),
    opening: (text) => {
      opening();
      context.stderr.write(text);
    },
    forwardSignals: forwardTo,
    signal,
  };
}

/** What a build tells that has nobody to open a shell for: how to get it. */
export function laterShell(location: string): StepShell["later"] {
  return (step) =>
    `a shell needs a terminal: in one, \`oci-build debug shell --step ${step} ${location}\` opens it before this step`;
}
