import type { BuildEvent, StepId, StepOutcome } from "./event.ts";
import { LineSplitter } from "./line-splitter.ts";
import { printable } from "./terminal-text.ts";

/** A step as the live display knows it. Times are the clock's milliseconds. */
export interface ShownStep {
  readonly id: StepId;
  readonly title: string;
  readonly startedAt: number;
  finishedAt?: number;
  outcome?: StepOutcome;
  readonly output: StepOutput;
  readonly transfers: Map<string, Transfer>;
}

export interface Transfer {
  readonly done: number;
  readonly total: number | undefined;
}

/** Steps in the order of their start. Those that have finished are taken out by whoever shows them for good. */
export class ShownSteps {
  readonly #steps = new Map<StepId, ShownStep>();
  readonly #warnings: string[] = [];

  /** Takes in an event that came at `now`. */
  apply(event: BuildEvent, now: number): void {
    if (event.kind === "finding" || event.kind === "step-reason") return;
    if (event.kind === "warning") {
      this.#warnings.push(printable(event.message));
      return;
    }
    if (event.kind === "step-started") {
      const title = printable(event.title);
      this.#steps.set(event.step, {
        id: event.step,
        title,
        startedAt: now,
        output: new StepOutput(),
        transfers: new Map(),
      });
      return;
    }
    const step = this.#steps.get(event.step);
    if (step === undefined) return;
    switch (event.kind) {
      case "step-output":
        step.output.push(event.stream, event.chunk);
        break;
      case "step-progress":
        step.transfers.set(event.label, { done: event.done, total: event.total });
        break;
      case "step-finished":
        step.finishedAt = now;
        step.outcome = event.outcome;
        step.output.end();
        break;
    }
  }

  running(): readonly ShownStep[] {
    return Array.from(this.#steps.values()).filter((step) => step.outcome === undefined);
  }

  /** Takes the finished steps out. */
  takeFinished(): readonly ShownStep[] {
    const finished = Array.from(this.#steps.values()).filter((step) => step.outcome !== undefined);
    for (const { id } of finished) this.#steps.delete(id);
    return finished;
  }

  takeWarnings(): readonly string[] {
    return this.#warnings.splice(0);
  }
}

/** Lines kept of a step, for the case that it fails. */
const keptLines = 10_000;

/** What a step has written: the last lines, ready to be shown. */
export class StepOutput {
  readonly #splitters = { stdout: new LineSplitter(), stderr: new LineSplitter() };
  #lines: string[] = [];
  #dropped = 0;

  push(stream: "stdout" | "stderr", chunk: Uint8Array): void {
    this.#keep(this.#splitters[stream].push(chunk));
  }

  end(): void {
    this.#keep(this.#splitters.stdout.end());
    this.#keep(this.#splitters.stderr.end());
  }

  /** The last lines, one that has not ended included. */
  tail(count: number): readonly string[] {
    if (count <= 0) return [];
    const open = [this.#splitters.stdout.partial, this.#splitters.stderr.partial]
      .map(printable)
      .filter((line) => line !== "");
    return [...this.#lines.slice(-count), ...open].slice(-count);
  }

  /** Everything that is kept. */
  all(): readonly string[] {
    return this.#dropped === 0 ? this.#lines : [`(${this.#dropped} lines before are not shown)`, ...this.#lines];
  }

  #keep(lines: readonly string[]): void {
    for (const line of lines) this.#lines.push(printable(line));
    // Dropping half at a time keeps this cheap.
    if (this.#lines.length > 2 * keptLines) {
      this.#dropped += this.#lines.length - keptLines;
      this.#lines = this.#lines.slice(-keptLines);
    }
  }
}
