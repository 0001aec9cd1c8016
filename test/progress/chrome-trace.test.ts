import fc from "fast-check";
import t from "tap";
import { chromeTrace } from "../../src/progress/chrome-trace.ts";
import type { Span } from "../../src/progress/span.ts";

interface TraceEvent {
  readonly ph: string;
  readonly name: string;
  readonly cat: string;
  readonly tid: number;
  readonly ts: number;
  readonly dur: number;
}

function eventsOf(spans: readonly Span[]): readonly TraceEvent[] {
  return (JSON.parse(chromeTrace(spans)) as { traceEvents: TraceEvent[] }).traceEvents;
}

t.test("times are microseconds since the process began", async (t) => {
  const [row, event] = eventsOf([{ category: "step", name: "[2/2] RUN a", started: 1.5, ended: 4 }]);
  t.match(row, { ph: "M", name: "thread_name", tid: 1, args: { name: "step" } });
  t.match(event, { ph: "X", name: "[2/2] RUN a", cat: "step", pid: 1, tid: 1, ts: 1500, dur: 2500 });
});

t.test("no two spans of a row overlap, and none is lost", async () => {
  const anySpans = fc.array(
    fc
      .tuple(fc.constantFrom("step" as const, "helper" as const), fc.nat(50), fc.nat(20))
      .map(([category, started, length]): Span => ({ category, name: "x", started, ended: started + length })),
  );
  fc.assert(
    fc.property(anySpans, (spans) => {
      const events = eventsOf(spans).filter(({ ph }) => ph === "X");
      const overlap = events.some((a, i) =>
        events.some((b, j) => i < j && a.tid === b.tid && a.ts < b.ts + b.dur && b.ts < a.ts + a.dur),
      );
      return events.length === spans.length && !overlap;
    }),
  );
});
