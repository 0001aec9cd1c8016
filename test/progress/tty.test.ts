import t from "tap";
import type { BuildEvent, StepOutcome } from "../../src/progress/event.ts";
import { createTtyRenderer } from "../../src/progress/tty.ts";
import { FakeClock } from "./fake-clock.ts";
import { Terminal } from "./terminal.ts";

interface Display {
  readonly clock: FakeClock;
  readonly terminal: Terminal;
  readonly start: (step: number, title: string) => void;
  readonly print: (step: number, text: string) => void;
  readonly finish: (step: number, outcome?: StepOutcome) => void;
  readonly emit: (event: BuildEvent) => void;
  readonly close: () => void;
}

function display(columns = 40, rows = 20, color = false): Display {
  const clock = new FakeClock();
  const terminal = new Terminal(columns, rows);
  const { onEvent: emit, close } = createTtyRenderer(terminal, { clock, color });
  return {
    clock,
    terminal,
    emit,
    close,
    start: (step, title) => emit({ kind: "step-started", step, title }),
    print: (step, text) => emit({ kind: "step-output", step, stream: "stdout", chunk: Buffer.from(text) }),
    finish: (step, outcome = { kind: "done" }) => emit({ kind: "step-finished", step, outcome }),
  };
}

t.test("finished steps stay above the running ones", (t) => {
  const { clock, terminal, start, print, finish, close } = display();
  start(1, "load context");
  clock.advance(300);
  finish(1);
  start(2, "FROM debian");
  finish(2, { kind: "cached" });
  start(3, "RUN make");
  print(3, "one\ntwo\nthr");
  clock.advance(1200);
  t.same(terminal.lines, [
    " => load context                    0.3s",
    " => CACHED FROM debian              0.0s",
    " => RUN make                        1.2s",
    "   | one",
    "   | two",
    "   | thr",
  ]);
  t.notOk(terminal.cursorVisible);
  finish(3);
  close();
  t.same(terminal.lines, [
    " => load context                    0.3s",
    " => CACHED FROM debian              0.0s",
    " => RUN make                        1.2s",
  ]);
  t.ok(terminal.cursorVisible);
  t.equal(clock.timers, 0);
  t.end();
});

t.test("a running step shows its last six lines, and transfers", (t) => {
  const { clock, terminal, start, print, emit } = display();
  start(1, "RUN");
  print(1, Array.from({ length: 100 }, (_, index) => `line ${index}\n`).join(""));
  clock.advance(100);
  t.same(
    terminal.lines.slice(1),
    [94, 95, 96, 97, 98, 99].map((index) => `   | line ${index}`),
  );
  emit({ kind: "step-progress", step: 1, label: "layer", done: 500, total: 1000 });
  clock.advance(100);
  t.equal(terminal.lines.length, 7);
  start(2, "pull");
  emit({ kind: "step-progress", step: 2, label: "layer", done: 500, total: 1000 });
  emit({ kind: "step-progress", step: 2, label: "layer", done: 1000, total: 1000 });
  clock.advance(100);
  t.same(terminal.lines.slice(-2), [" => pull                            0.1s", "   | layer 1kB / 1kB"]);
  t.end();
});

t.test("what a failed step has written is shown in full at the end", (t) => {
  const { clock, terminal, start, print, finish, close } = display();
  start(1, "RUN make");
  const lines = Array.from({ length: 30 }, (_, index) => `line ${index} ${"x".repeat(index)}`);
  print(1, `${lines.join("\n")}\nlast`);
  clock.advance(500);
  start(2, "RUN other");
  finish(1, { kind: "failed", message: "exit code 1" });
  finish(2, { kind: "cancelled" });
  close();
  t.same(terminal.lines.slice(0, 3), [
    " => ERROR RUN make                  0.5s",
    " => CANCELED RUN other              0.0s",
    "",
  ]);
  t.equal(terminal.lines[3], "RUN make:");
  const repeated = terminal.lines.slice(4).join("");
  for (const line of [...lines, "last"]) t.match(repeated, line);
  close();
  t.equal(terminal.lines.slice(4).join(""), repeated, "closing again changes nothing");
  t.end();
});

t.test("nothing is wider or higher than the terminal", (t) => {
  const { clock, terminal, start, print } = display(20, 6);
  for (let step = 1; step <= 10; step++) {
    start(step, `RUN 日本語 with a long command line ${step}`);
    print(step, `${"wide 日本 ".repeat(20)}\n`);
  }
  clock.advance(2000);
  t.equal(terminal.lines.length, 5);
  t.equal(terminal.lines[0], " => RUN 日本語… 2.0s");
  t.equal(terminal.lines.at(-1), "    and 6 more");
  t.end();
});

t.test("it is drawn at most ten times a second", (t) => {
  const { clock, terminal, start, print } = display();
  start(1, "RUN");
  const before = terminal.writes;
  for (let count = 0; count < 1000; count++) {
    clock.advance(1);
    print(1, `${count}\n`);
  }
  t.equal(terminal.writes - before, 10);
  t.end();
});

t.test("a terminal that gets wider gets wider rows", (t) => {
  const { clock, terminal, start, finish, close } = display(40, 20);
  start(1, "RUN something");
  clock.advance(100);
  terminal.columns = 60;
  clock.advance(100);
  finish(1);
  close();
  t.same(terminal.lines, [` => RUN something${" ".repeat(38)} 0.2s`]);
  t.end();
});

t.test("escape sequences and carriage returns of a step move no cursor", (t) => {
  const { clock, terminal, start, print, emit } = display();
  start(1, "RUN \u001b[2Jevil\nline");
  print(1, "\u001b[31mred\u001b[0m\u001b]0;title\u0007\t|\r\n10%\r20%\r");
  emit({ kind: "warning", message: "careful\u001b[H" });
  clock.advance(100);
  t.same(terminal.lines, [
    "warning: careful",
    " => RUN evilline                    0.1s",
    "   | red     |",
    "   | 10%",
    "   | 20%",
  ]);
  t.end();
});

t.test("colours change nothing but colours", (t) => {
  const shown = [false, true].map((color) => {
    const { clock, terminal, start, print, finish, close } = display(40, 20, color);
    start(1, "RUN make");
    print(1, "text\n");
    clock.advance(100);
    finish(1, { kind: "failed", message: "no" });
    close();
    return terminal.text;
  });
  t.equal(shown[0], shown[1]);
  t.end();
});

t.test("without events nothing is written", (t) => {
  const { terminal, close } = display();
  close();
  t.equal(terminal.writes, 0);
  t.end();
});
