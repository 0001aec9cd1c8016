import t from "tap";
import { runProcess } from "../../src/execute/run-step.ts";
import { ordinaryNames } from "../../src/network/names.ts";
import type { RunStep } from "../../src/plan/step.ts";
import type { Store } from "../../src/store/store.ts";

const step: RunStep = {
  kind: "run",
  title: "RUN sleep 300",
  lines: { start: 2, end: 2 },
  createdBy: "RUN sleep 300",
  argv: ["sleep", "300"],
  env: [],
  unkeyedEnv: [],
  cwd: "/",
  user: "",
  network: "default",
  mounts: [],
};

t.test("a Ctrl-C that comes while a RUN is made ready is not lost: the process is never started", async (t) => {
  const interrupts = new AbortController();
  let started = 0;
  const session = {
    hello: { place: "root" },
    start: () => {
      started += 1;
      return { result: new Promise(() => undefined), notify: () => undefined };
    },
  };
  const running = runProcess("/root", step, {
    // All of a store that a RUN asks for.
    store: { session } as unknown as Store,
    isolation: "auto",
    offline: false,
    names: ordinaryNames,
    epoch: 0,
    mounted: { mounts: [], env: [] },
    id: 1,
    events: () => undefined,
    signal: interrupts.signal,
  });
  interrupts.abort(new Error("cancelled by SIGINT"));
  await t.rejects(running, { message: "cancelled by SIGINT" });
  t.equal(started, 0);
});
