import type { Clock } from "../../src/progress/clock.ts";

/** A clock that moves when it is told to. */
export class FakeClock implements Clock {
  #now = 1_000_000;
  #timers = new Set<{ interval: number; next: number; tick: () => void }>();

  readonly now = (): number => this.#now;

  readonly every = (interval: number, tick: () => void): (() => void) => {
    const timer = { interval, next: this.#now + interval, tick };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  /** Ticks that are due come on the way, at their times. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const due = [...this.#timers].filter(({ next }) => next <= end).toSorted((a, b) => a.next - b.next)[0];
      if (due === undefined) break;
      this.#now = due.next;
      due.next += due.interval;
      due.tick();
    }
    this.#now = end;
  }

  get timers(): number {
    return this.#timers.size;
  }
}
