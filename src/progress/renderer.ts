import { systemClock, type Clock } from "./clock.ts";
import { usesColor } from "./color.ts";
import type { EventSink } from "./event.ts";

/** Shows events as they come. */
export interface Renderer {
  readonly onEvent: EventSink;
  /** Shows what is still held back and leaves the terminal as it was. May be called again. */
  readonly close: () => void;
}

/** Where a renderer writes. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

export type ProgressMode = "tty" | "plain" | "quiet";

/** What `auto` means here: a live display on a terminal that can move its cursor, else lines. */
export function chooseMode(
  wanted: ProgressMode | "auto",
  stream: ProgressStream,
  env: NodeJS.ProcessEnv,
): ProgressMode {
  if (wanted !== "auto") return wanted;
  return stream.isTTY === true && env["TERM"] !== "dumb" ? "tty" : "plain";
}

/** Makes a renderer; only the chosen one is loaded. */
export async function createRenderer(
  mode: ProgressMode,
  stream: ProgressStream,
  env: NodeJS.ProcessEnv,
  clock: Clock = systemClock,
): Promise<Renderer> {
  switch (mode) {
    case "quiet":
      return (await import("./quiet.ts")).quietRenderer;
    case "plain":
      return (await import("./plain.ts")).createPlainRenderer(stream, clock);
    case "tty": {
      const renderer = (await import("./tty.ts")).createTtyRenderer(stream, { clock, color: usesColor(stream, env) });
      // However the program ends, the cursor comes back.
      process.once("exit", renderer.close);
      return renderer;
    }
  }
}
