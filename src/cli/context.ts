import type { Writable } from "node:stream";
import type { Engine } from "./engine.ts";
import type { SignalProcess } from "./interrupts.ts";

/** A standard stream, which may be a terminal. */
export interface OutputStream extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** What a command may touch of the world outside. */
export interface Context {
  readonly env: NodeJS.ProcessEnv;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly process: SignalProcess;
  /** Whether a descriptor of this process is a terminal. */
  readonly isTerminal: (descriptor: number) => boolean;
  readonly engine: Engine;
}
