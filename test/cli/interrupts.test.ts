import { EventEmitter } from "node:events";
import t from "tap";
import { catchInterrupts, exitCodeOfSignal, type SignalProcess } from "../../src/cli/interrupts.ts";

class FakeProcess extends EventEmitter {
  readonly exits: number[] = [];
  exit(code: number): void {
    this.exits.push(code);
  }
}

function setUp(): {
  process: FakeProcess & SignalProcess;
  time: { now: number };
  interrupts: ReturnType<typeof catchInterrupts>;
} {
  const process = new FakeProcess();
  const time = { now: 0 };
  return { process, time, interrupts: catchInterrupts(process, () => time.now) };
}

t.test("the first signal aborts, the second ends the program", (t) => {
  for (const [name, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const) {
    const { process, time, interrupts } = setUp();
    process.emit(name, name);
    t.ok(interrupts.signal.aborted);
    t.match(interrupts.signal.reason, { code: "cancelled", message: `cancelled by ${name}` });
    t.equal(interrupts.cause(), name);
    t.same(process.exits, []);
    time.now = 1000;
    process.emit("SIGINT", "SIGINT");
    t.same(process.exits, [130]);
    t.equal(exitCodeOfSignal(name), code);
  }
  t.end();
});

t.test("one keystroke that arrives twice counts once", (t) => {
  const { process, time } = setUp();
  process.emit("SIGINT", "SIGINT");
  time.now = 50;
  process.emit("SIGINT", "SIGINT");
  t.same(process.exits, []);
  t.end();
});

t.test("forwarded signals abort nothing until the third", (t) => {
  const { process, interrupts } = setUp();
  const delivered: string[] = [];
  const stop = interrupts.forwardTo((name) => delivered.push(name));
  for (const name of ["SIGQUIT", "SIGQUIT", "SIGQUIT", "SIGINT", "SIGTERM"] as const) process.emit(name, name);
  t.notOk(interrupts.signal.aborted);
  process.emit("SIGINT", "SIGINT");
  t.ok(interrupts.signal.aborted);
  t.same(delivered, ["SIGQUIT", "SIGQUIT", "SIGQUIT", "SIGINT", "SIGTERM", "SIGINT"]);
  t.same(process.exits, []);
  stop();
  t.end();
});

t.test("when forwarding has ended signals abort again", (t) => {
  const { process, interrupts } = setUp();
  const delivered: string[] = [];
  interrupts.forwardTo((name) => delivered.push(name))();
  process.emit("SIGTERM", "SIGTERM");
  t.ok(interrupts.signal.aborted);
  t.same(delivered, []);
  t.end();
});

t.test("SIGQUIT ends the program when nobody takes it, and release gives everything back", (t) => {
  const { process, interrupts } = setUp();
  process.emit("SIGQUIT", "SIGQUIT");
  t.same(process.exits, [131]);
  interrupts.release();
  t.same(process.eventNames(), []);
  t.end();
});
