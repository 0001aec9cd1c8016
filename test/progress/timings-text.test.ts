import t from "tap";
import type { Span, SpanCategory } from "../../src/progress/span.ts";
import { timingsText } from "../../src/progress/timings-text.ts";

function span(category: SpanCategory, name: string, [started, ended]: readonly [number, number]): Span {
  return { category, name, started, ended };
}

t.test(
  "phases stand in their order, one within another further in, and what is asked for often is summed",
  async (t) => {
    const text = timingsText([
      span("helper", "digest", [210, 230]),
      span("helper", "digest", [230, 260]),
      span("helper", "lock", [110, 111]),
      span("step", "[2/2] COPY a /a", [200, 270]),
      span("phase", "start the helper", [105, 120]),
      span("phase", "read and plan", [100, 130]),
      span("phase", "steps", [200, 300]),
    ]);
    t.equal(
      text,
      `where the time went (0.300 s):
     0.100 s  Node and reading the program
     0.030 s  read and plan
     0.015 s    start the helper
     0.100 s  steps
steps, the longest first:
     0.070 s  [2/2] COPY a /a
requests to the helper:
     0.050 s  digest (2 times)
     0.001 s  lock
`,
    );
  },
);

t.test("of many steps the ten that took longest are shown", async (t) => {
  const steps = Array.from({ length: 12 }, (_, n) => span("step", `step ${n}`, [0, n]));
  const lines = timingsText(steps).split("\n");
  t.equal(lines[2], "the 10 longest of 12 steps:");
  t.match(lines[3], /0\.011 s {2}step 11$/);
  t.notMatch(timingsText(steps), /step 1$/m);
});

t.test("nothing is said when nothing was timed", async (t) => {
  t.equal(timingsText([]), "");
});
