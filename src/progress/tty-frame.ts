import { styleText } from "node:util";
import { formatBytes } from "./byte-size.ts";
import { formatDuration } from "./duration.ts";
import { textWidth, truncate } from "./text-width.ts";
import type { ShownStep, Transfer } from "./tty-steps.ts";

export interface FrameOptions {
  readonly columns: number;
  /** Rows that the frame may take. */
  readonly rows: number;
  readonly now: number;
  readonly color: boolean;
}

/** One row of the terminal: its text and the columns it takes. */
export interface Row {
  readonly text: string;
  readonly width: number;
}

type Format = Parameters<typeof styleText>[0];

/** Lines of output shown below a running step. */
const tailLines = 6;

/** The rows of the running steps, each with its transfers and last output. When room is short, output goes first, then the newest steps. */
export function runningRows(steps: readonly ShownStep[], options: FrameOptions): readonly Row[] {
  const shown = steps.slice(0, Math.max(1, options.rows - 1));
  const hidden = steps.length - shown.length;
  const room = options.rows - shown.length - (hidden > 0 ? 1 : 0);
  const perStep = Math.min(tailLines, Math.floor(room / Math.max(1, shown.length)));
  const rows = shown.flatMap((step) => {
    const below = [...Array.from(step.transfers, transferText), ...step.output.tail(perStep)].slice(
      -Math.max(0, perStep),
    );
    return [
      titleRow(step, formatDuration(options.now - step.startedAt), options),
      ...(perStep > 0 ? below.map((line) => outputRow(line, options)) : []),
    ];
  });
  return hidden > 0 ? [...rows, row(`    and ${hidden} more`, "dim", options)] : rows;
}

/** The rows that stay when a step has ended. */
export function finishedRows(step: ShownStep, options: FrameOptions): readonly Row[] {
  return [titleRow(step, formatDuration((step.finishedAt ?? options.now) - step.startedAt), options)];
}

export function warningRow(message: string, options: FrameOptions): Row {
  return row(`warning: ${message}`, "yellow", { ...options, columns: Infinity });
}

/** A line of a failed step's output, in full. */
export function failureRow(line: string, options: FrameOptions): Row {
  return row(`   | ${line}`, "reset", { ...options, columns: Infinity });
}

/** ` => STATE title            1.2s`, the time at the right edge. */
function titleRow(step: ShownStep, time: string, options: FrameOptions): Row {
  const [state, format] = appearance(step);
  const right = ` ${time}`;
  const room = Math.max(0, options.columns - right.length);
  const left = truncate(` => ${state}${step.title}`, room);
  const text = left + " ".repeat(room - textWidth(left)) + right;
  return row(text, format, options);
}

function appearance({ outcome }: ShownStep): readonly [state: string, format: Format] {
  switch (outcome?.kind) {
    case undefined:
      return ["", "bold"];
    case "done":
      return ["", "cyan"];
    case "cached":
      return ["CACHED ", "cyan"];
    case "failed":
      return ["ERROR ", "red"];
    case "cancelled":
      return ["CANCELED ", "yellow"];
  }
}

function outputRow(line: string, options: FrameOptions): Row {
  return row(`   | ${line}`, "dim", options);
}

function transferText([label, { done, total }]: readonly [string, Transfer]): string {
  return total === undefined
    ? `${label} ${formatBytes(done)}`
    : `${label} ${formatBytes(done)} / ${formatBytes(total)}`;
}

function row(line: string, format: Format, { columns, color }: FrameOptions): Row {
  const text = columns === Infinity ? line : truncate(line, columns);
  return { text: color ? styleText(format, text) : text, width: textWidth(text) };
}
