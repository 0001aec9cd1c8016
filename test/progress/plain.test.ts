import t from "tap";
import type { BuildEvent } from "../../src/progress/event.ts";
import { createPlainRenderer } from "../../src/progress/plain.ts";
import { FakeClock } from "./fake-clock.ts";

/** Plays events, each after so many milliseconds, and answers what was written. */
function play(events: readonly (readonly [after: number, event: BuildEvent])[]): string {
  const clock = new FakeClock();
  let written = "";
  const renderer = createPlainRenderer({ write: (text) => (written += text) }, clock);
  for (const [after, event] of events) {
    clock.advance(after);
    renderer.onEvent(event);
  }
  renderer.close();
  return written;
}

const started = (step: number, title: string): BuildEvent => ({ kind: "step-started", step, title });
const output = (step: number, text: string, stream: "stdout" | "stderr" = "stdout"): BuildEvent => ({
  kind: "step-output",
  step,
  stream,
  chunk: Buffer.from(text),
});

const progress = (done: number): BuildEvent => ({
  kind: "step-progress",
  step: 1,
  label: "layer",
  done,
  total: 2_000_000,
});

t.test("a build in BuildKit's form", (t) => {
  const written = play([
    [0, started(1, "[internal] load build context")],
    [1234, { kind: "step-finished", step: 1, outcome: { kind: "done" } }],
    [0, started(2, "[1/3] FROM localhost:5000/debian")],
    [0, { kind: "step-finished", step: 2, outcome: { kind: "cached" } }],
    [5, started(3, "[2/3] RUN make")],
    [123, output(3, "compi")],
    [1000, output(3, "ling\nwarning: ")],
    [10, output(3, "bad luck\n", "stderr")],
    [1, { kind: "warning", message: "the tag is old" }],
    [1, started(4, "[other 1/1] RUN sleep")],
    [20, output(3, "no line break")],
    [50, { kind: "step-finished", step: 3, outcome: { kind: "failed", message: "exit code 2" } }],
    [0, { kind: "step-finished", step: 4, outcome: { kind: "cancelled" } }],
  ]);
  t.equal(
    written,
    [
      "#1 [internal] load build context",
      "#1 DONE 1.2s",
      "",
      "#2 [1/3] FROM localhost:5000/debian",
      "#2 CACHED",
      "",
      "#3 [2/3] RUN make",
      "#3 1.123 compiling",
      "#3 1.133 bad luck",
      "warning: the tag is old",
      "#4 [other 1/1] RUN sleep",
      "",
      "#3 [2/3] RUN make",
      "#3 1.205 warning: no line break",
      "#3 ERROR: exit code 2",
      "",
      "#4 [other 1/1] RUN sleep",
      "#4 CANCELED",
      "",
      "",
    ].join("\n"),
  );
  t.end();
});

t.test("a transfer is told at its start, now and then, and at its end", (t) => {
  const written = play([
    [0, started(1, "pull")],
    [100, progress(0)],
    [100, progress(10_000)],
    [5000, progress(1_500_000)],
    [100, progress(1_600_000)],
    [100, progress(2_000_000)],
    [100, progress(2_000_000)],
    [100, { kind: "step-progress", step: 1, label: "unpack", done: 7 }],
  ]);
  t.equal(
    written,
    [
      "#1 pull",
      "#1 0.100 layer 0B / 2MB",
      "#1 5.200 layer 1.5MB / 2MB",
      "#1 5.400 layer 2MB / 2MB done",
      "#1 5.600 unpack 7B",
      "",
    ].join("\n"),
  );
  t.end();
});

t.test("long lines are not clipped, and what is held back comes when the display closes", (t) => {
  const long = "x".repeat(50_000);
  t.equal(
    play([
      [0, started(1, "RUN")],
      [0, output(1, long)],
    ]),
    `#1 RUN\n#1 0.000 ${long}\n`,
  );
  t.end();
});
