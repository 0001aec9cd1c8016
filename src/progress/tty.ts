import type { Clock } from "./clock.ts";
import type { Renderer, ProgressStream } from "./renderer.ts";
import { failureRow, finishedRows, runningRows, warningRow, type FrameOptions, type Row } from "./tty-frame.ts";
import { ShownSteps, type ShownStep } from "./tty-steps.ts";

const escape = "\u001b[";
const hideCursor = `${escape}?25l`;
const showCursor = `${escape}?25h`;
/** Written before a row's text: behind a text that fills the row it would erase the last column. */
const clearToEndOfLine = `${escape}K`;
const clearBelow = `${escape}J`;

/** Ten pictures a second. Milliseconds. */
const frameInterval = 100;

export interface TtyOptions {
  readonly clock: Clock;
  readonly color: boolean;
}

/**
 * A live display: finished steps stay above, the running ones below them with time and last output are drawn over and
 * over. What a failed step has written is shown in full at the end.
 */
export function createTtyRenderer(stream: ProgressStream, { clock, color }: TtyOptions): Renderer {
  const steps = new ShownSteps();
  const failed: ShownStep[] = [];
  let drawn: readonly Row[] = [];
  let stopTicking: (() => void) | undefined;
  let closed = false;

  const frameOptions = (): FrameOptions => ({
    columns: stream.columns || 80,
    // The last row holds the cursor.
    rows: Math.max(1, (stream.rows || 24) - 1),
    now: clock.now(),
    color,
  });

  const draw = (): void => {
    const options = frameOptions();
    const finished = steps.takeFinished();
    failed.push(...finished.filter((step) => step.outcome?.kind === "failed"));
    const lasting = [
      ...steps.takeWarnings().map((message) => warningRow(message, options)),
      ...finished.flatMap((step) => finishedRows(step, options)),
    ];
    const live = runningRows(steps.running(), options);
    const lines = [...lasting, ...live].map(({ text }) => `${clearToEndOfLine}${text}\n`).join("");
    stream.write(`${upTo(drawn, options.columns)}${lines}${clearBelow}`);
    drawn = live;
  };

  const close = (): void => {
    if (closed) return;
    closed = true;
    if (stopTicking === undefined) return;
    stopTicking();
    draw();
    const options = frameOptions();
    const outputs = failed.flatMap(({ title, output }) => [
      "",
      `${title}:`,
      ...output.all().map((line) => failureRow(line, options).text),
    ]);
    stream.write(`${outputs.map((line) => `${line}\n`).join("")}${showCursor}`);
  };

  const onEvent: Renderer["onEvent"] = (event) => {
    if (closed) return;
    steps.apply(event, clock.now());
    if (stopTicking !== undefined) return;
    stopTicking = clock.every(frameInterval, draw);
    stream.write(hideCursor);
    draw();
  };

  return { onEvent, close };
}

/** Moves the cursor to the first of the rows drawn last. Rows wider than the terminal is now were wrapped when it shrank. */
function upTo(rows: readonly Row[], columns: number): string {
  const height = rows.reduce((sum, { width }) => sum + Math.max(1, Math.ceil(width / columns)), 0);
  return height === 0 ? "\r" : `\r${escape}${height}A`;
}
