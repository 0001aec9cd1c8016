import { writeFile } from "node:fs/promises";
import { OciBuildError, messageOf } from "../errors.ts";
import { onSpan, type Span } from "../progress/span.ts";
import type { OutputStream } from "./context.ts";

/** The record of where a command's time goes. */
export interface Timeline {
  /** Shows and writes what was asked for. @throws OciBuildError `trace-failed` */
  end(stderr: OutputStream): Promise<void>;
}

export interface TimelineFlags {
  readonly timings: boolean;
  /** Path of the trace file. */
  readonly trace: string | undefined;
}

/** Begins to note what takes how long, if either flag wants to know. */
export function startTimeline({ timings, trace }: TimelineFlags): Timeline {
  if (!timings && trace === undefined) return { end: () => Promise.resolve() };
  const spans: Span[] = [];
  const stop = onSpan((span) => spans.push(span));
  return {
    end: async (stderr) => {
      stop();
      if (timings) stderr.write((await import("../progress/timings-text.ts")).timingsText(spans));
      if (trace !== undefined) await writeTrace(trace, spans);
    },
  };
}

async function writeTrace(file: string, spans: readonly Span[]): Promise<void> {
  try {
    await writeFile(file, (await import("../progress/chrome-trace.ts")).chromeTrace(spans));
  } catch (cause) {
    throw new OciBuildError("trace-failed", `the trace cannot be written to ${file}: ${messageOf(cause)}`, { cause });
  }
}
