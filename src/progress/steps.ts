import { messageOf } from "../errors.ts";
import type { BuildEvent, EventSink, StepId } from "./event.ts";
import { span } from "./span.ts";

/** What a piece of work answers when it may turn out that there was nothing to do. */
export interface Worked<T> {
  readonly value: T;
  readonly cached: boolean;
}

/** Numbers the steps of one build and tells when each starts and how it ends. */
export class Steps {
  readonly #events: EventSink;
  readonly #signal: AbortSignal;
  #last: StepId = 0;

  constructor(events: EventSink, signal: AbortSignal) {
    this.#events = events;
    this.#signal = signal;
  }

  emit(event: BuildEvent): void {
    this.#events(event);
  }

  /** Does `work` as one step. Once the build is aborted, what fails counts as cancelled and the abort's reason is thrown. */
  async run<T>(title: string, work: (id: StepId) => Promise<Worked<T>>): Promise<T> {
    this.#signal.throwIfAborted();
    const step = this.#start(title);
    try {
      const { value, cached } = await span("step", title, () => work(step));
      this.#events({ kind: "step-finished", step, outcome: { kind: cached ? "cached" : "done" } });
      return value;
    } catch (error) {
      if (this.#signal.aborted) {
        this.#events({ kind: "step-finished", step, outcome: { kind: "cancelled" } });
        throw this.#signal.reason;
      }
      this.#events({ kind: "step-finished", step, outcome: { kind: "failed", message: messageOf(error) } });
      throw error;
    }
  }

  #start(title: string): StepId {
    this.#last += 1;
    this.#events({ kind: "step-started", step: this.#last, title });
    return this.#last;
  }
}
