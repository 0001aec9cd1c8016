import { formatBytes } from "./byte-size.ts";
import type { Clock } from "./clock.ts";
import { formatSeconds } from "./duration.ts";
import type { BuildEvent, StepId, StepOutcome } from "./event.ts";
import { LineSplitter } from "./line-splitter.ts";
import type { ProgressStream, Renderer } from "./renderer.ts";

/** A transfer that goes on is mentioned again after this many milliseconds. */
const progressInterval = 5000;

interface RunningStep {
  readonly title: string;
  readonly startedAt: number;
  readonly streams: { readonly stdout: LineSplitter; readonly stderr: LineSplitter };
  /** When each transfer was last mentioned. */
  readonly transfers: Map<string, number>;
}

/**
 * Lines in BuildKit's plain form, for logs: `#5 [stage 2/3] RUN …`, `#5 0.123 output` with the seconds since the step
 * began, `#5 DONE 0.2s`. Every line carries its step's number, and where another step's lines begin its title stands again, so
 * that steps that run side by side can be told apart.
 */
export function createPlainRenderer(stream: ProgressStream, clock: Clock): Renderer {
  const steps = new Map<StepId, RunningStep>();
  /** Whose lines were written last; none after the blank line behind a step. */
  let current: StepId | undefined;

  const write = (lines: readonly string[]): void => {
    if (lines.length > 0) stream.write(lines.map((line) => `${line}\n`).join(""));
  };
  const writeFor = (id: StepId, lines: readonly string[]): void => {
    if (lines.length === 0) return;
    const again = `#${id} ${stepOf(id).title}`;
    write(current === id ? lines : current === undefined ? [again, ...lines] : ["", again, ...lines]);
    current = id;
  };
  const stepOf = (id: StepId, title = ""): RunningStep => {
    const known = steps.get(id);
    if (known !== undefined) return known;
    const streams = { stdout: new LineSplitter(), stderr: new LineSplitter() };
    const step: RunningStep = { title, startedAt: clock.now(), streams, transfers: new Map() };
    steps.set(id, step);
    return step;
  };
  const prefix = (id: StepId): string => `#${id} ${formatSeconds(clock.now() - stepOf(id).startedAt, 3)}`;
  const heldBack = (id: StepId): readonly string[] => {
    const { stdout, stderr } = stepOf(id).streams;
    return [...stdout.end(), ...stderr.end()].map((line) => `${prefix(id)} ${line}`);
  };

  const onEvent = (event: BuildEvent): void => {
    switch (event.kind) {
      case "step-started":
        stepOf(event.step, event.title);
        write([`#${event.step} ${event.title}`]);
        current = event.step;
        return;
      case "step-output": {
        const lines = stepOf(event.step).streams[event.stream].push(event.chunk);
        return writeFor(
          event.step,
          lines.map((line) => `${prefix(event.step)} ${line}`),
        );
      }
      case "step-reason":
        return writeFor(event.step, [`#${event.step} not cached: ${event.reason}`]);
      case "step-progress": {
        const { transfers } = stepOf(event.step);
        const complete = event.done === event.total;
        const last = transfers.get(event.label);
        if (last !== undefined && !complete && clock.now() - last < progressInterval) return;
        transfers.set(event.label, complete ? Infinity : clock.now());
        if (last === Infinity) return;
        return writeFor(event.step, [`${prefix(event.step)} ${transferLine(event)}`]);
      }
      case "step-finished": {
        const elapsed = clock.now() - stepOf(event.step).startedAt;
        writeFor(event.step, [...heldBack(event.step), `#${event.step} ${outcomeText(event.outcome, elapsed)}`, ""]);
        steps.delete(event.step);
        current = undefined;
        return;
      }
      case "warning":
        return write([`warning: ${event.message}`]);
      case "finding":
        return;
    }
  };

  return {
    onEvent,
    close: () => {
      for (const id of steps.keys()) writeFor(id, heldBack(id));
    },
  };
}

function transferLine({ label, done, total }: BuildEvent & { kind: "step-progress" }): string {
  if (total === undefined) return `${label} ${formatBytes(done)}`;
  return `${label} ${formatBytes(done)} / ${formatBytes(total)}${done === total ? " done" : ""}`;
}

function outcomeText(outcome: StepOutcome, elapsed: number): string {
  switch (outcome.kind) {
    case "done":
      return `DONE ${formatSeconds(elapsed, 1)}s`;
    case "cached":
      return "CACHED";
    case "failed":
      return `ERROR: ${outcome.message}`;
    case "cancelled":
      return "CANCELED";
  }
}
