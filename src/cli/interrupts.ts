import { constants } from "node:os";
import { OciBuildError } from "../errors.ts";

/** The part of `process` that signals need. */
export interface SignalProcess {
  on(event: NodeJS.Signals, listener: (name: NodeJS.Signals) => void): unknown;
  off(event: NodeJS.Signals, listener: (name: NodeJS.Signals) => void): unknown;
  exit(code: number): void;
}

export type DeliverSignal = (name: NodeJS.Signals) => void;

export interface Interrupts {
  /** Aborted by the first signal; its reason is an OciBuildError `cancelled`. */
  readonly signal: AbortSignal;
  /** The signal that aborted. */
  readonly cause: () => NodeJS.Signals | undefined;
  /** From now on signals go to `deliver` and abort nothing. Answers a function that ends this. */
  readonly forwardTo: (deliver: DeliverSignal) => () => void;
  /** Puts Node's own signal handling back. */
  readonly release: () => void;
}

const stopping: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];
/** Means nothing to oci-build itself but may mean something to a process in a container. */
const passing: readonly NodeJS.Signals[] = ["SIGQUIT"];

/** npm and some shells hand a terminal's Ctrl-C on to a child that has got it from the terminal already. Milliseconds. */
const sameKeystroke = 200;
/** So many stopping signals while they are forwarded mean that the process inside ignores them. */
const patience = 3;

/**
 * Turns SIGINT, SIGTERM and SIGHUP into an abort, so that a command can end cleanly; a second one ends the program at
 * once. While signals are forwarded to a process inside a container, the third one aborts.
 */
export function catchInterrupts(process: SignalProcess, now: () => number = Date.now): Interrupts {
  const controller = new AbortController();
  let deliver: DeliverSignal | undefined;
  let cause: NodeJS.Signals | undefined;
  let abortedAt = 0;
  let forwarded = 0;

  const onSignal = (name: NodeJS.Signals): void => {
    if (cause !== undefined) {
      if (now() - abortedAt >= sameKeystroke) process.exit(exitCodeOfSignal(name));
      return;
    }
    if (deliver !== undefined) {
      deliver(name);
      if (!stopping.includes(name) || ++forwarded < patience) return;
    }
    if (!stopping.includes(name)) return process.exit(exitCodeOfSignal(name));
    cause = name;
    abortedAt = now();
    controller.abort(new OciBuildError("cancelled", `cancelled by ${name}`));
  };

  for (const name of [...stopping, ...passing]) process.on(name, onSignal);
  return {
    signal: controller.signal,
    cause: () => cause,
    forwardTo: (next) => {
      deliver = next;
      return () => {
        if (deliver === next) deliver = undefined;
      };
    },
    release: () => {
      for (const name of [...stopping, ...passing]) process.off(name, onSignal);
    },
  };
}

/** What shells report of a program that a signal ended: 128 and the signal's number. */
export function exitCodeOfSignal(name: NodeJS.Signals): number {
  return 128 + constants.signals[name];
}
