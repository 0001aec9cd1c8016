import t from "tap";
import { OciBuildError } from "../../src/errors.ts";
import type { Plan, Step } from "../../src/plan/step.ts";
import type { BuildEvent } from "../../src/progress/event.ts";
import { buildWith, copy, FakeExecutor, files, layer, planOf, run } from "./fake-executor.ts";

const fromStage = (...stages: number[]): Step =>
  copy({ title: "COPY --from", parts: stages.map((stage) => files({ kind: "stage", stage })) });

/** Carries a step out when told to, and says which are under way. */
class PatientExecutor extends FakeExecutor {
  readonly running: Map<string, { readonly end: (error?: Error) => void }> = new Map();
  override async execute(
    step: Step,
    work: Parameters<FakeExecutor["execute"]>[1],
  ): ReturnType<FakeExecutor["execute"]> {
    await new Promise<void>((resolve, reject) => {
      this.running.set(step.title, { end: (error) => (error === undefined ? resolve() : reject(error)) });
    });
    this.running.delete(step.title);
    return super.execute(step, work);
  }
  /** Ends a step, and waits until nothing more can happen by itself. */
  async end(title: string, error?: Error): Promise<void> {
    const step = this.running.get(title);
    if (step === undefined) throw new Error(`${title} is not under way; ${[...this.running.keys()].join()} is`);
    step.end(error);
    await quiet();
  }
  get titles(): readonly string[] {
    return [...this.running.keys()];
  }
}

const quiet = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

t.test("stages that do not need each other go on side by side, and what needs both waits for both", async (t) => {
  const executor = new PatientExecutor();
  const built = buildWith(executor, planOf([run("a1"), run("a2")], [run("b")], [fromStage(0, 1)]), { jobs: 4 });
  await quiet();
  t.same(executor.titles, ["RUN a1", "RUN b"]);
  await executor.end("RUN b");
  t.same(executor.titles, ["RUN a1"]);
  await executor.end("RUN a1");
  t.same(executor.titles, ["RUN a2"]);
  await executor.end("RUN a2");
  t.same(executor.titles, ["COPY --from"]);
  await executor.end("COPY --from");
  await built;
});

t.test("a stage goes on while another that only its last step reads is still at work", async (t) => {
  const executor = new PatientExecutor();
  const built = buildWith(executor, planOf([run("slow")], [run("a"), fromStage(0)]), { jobs: 4 });
  await quiet();
  await executor.end("RUN a");
  t.same(executor.titles, ["RUN slow"]);
  await executor.end("RUN slow");
  t.same(executor.titles, ["COPY --from"]);
  await executor.end("COPY --from");
  await built;
});

t.test("no more steps are under way than there are jobs", async (t) => {
  for (const jobs of [1, 2, 3]) {
    const executor = new PatientExecutor();
    const built = buildWith(executor, planOf([run("a")], [run("b")], [run("c")], [fromStage(0, 1, 2)]), { jobs });
    await quiet();
    t.equal(executor.running.size, jobs);
    for (const title of ["RUN a", "RUN b", "RUN c", "COPY --from"]) await executor.end(title);
    await built;
  }
});

t.test(
  "an independent layer is made before the steps in front of it, unless the name of its owner is looked up",
  async (t) => {
    const linked = (owner?: string): Plan =>
      planOf([run("a"), copy({ title: "COPY --link", link: true, owner }), run("b")]);
    const executor = new PatientExecutor();
    const built = buildWith(executor, linked("0:0"), { jobs: 4 });
    await quiet();
    t.same(executor.titles, ["RUN a", "COPY --link"]);
    await executor.end("COPY --link");
    t.same(executor.titles, ["RUN a"]);
    await executor.end("RUN a");
    t.same(executor.chains[2], undefined);
    await executor.end("RUN b");
    await built;
    t.same(executor.chains[2], [layer("RUN a"), layer("COPY --link")], "and still lies on top of them");
    const named = new PatientExecutor();
    const other = buildWith(named, linked("www"), { jobs: 4 });
    await quiet();
    t.same(named.titles, ["RUN a"]);
    for (const title of ["RUN a", "COPY --link", "RUN b"]) await named.end(title);
    await other;
  },
);

t.test("two stages that say the same do it once", async (t) => {
  for (const noCache of [false, true]) {
    const executor = new PatientExecutor();
    const built = buildWith(executor, planOf([run("a")], [run("a"), fromStage(0)]), { jobs: 4, noCache });
    await quiet();
    t.equal(executor.running.size, 1);
    await executor.end("RUN a");
    await executor.end("COPY --from");
    t.match(outcomes(await built), ["RUN a done", "RUN a cached", "COPY --from done"]);
    t.same(executor.done, ["RUN a", "COPY --from"]);
  }
});

t.test(
  "the first failure is the one that is told; what else is under way is cancelled, what is not begins no more",
  async (t) => {
    const executor = new PatientExecutor();
    const events: BuildEvent[] = [];
    const plan = planOf([run("a")], [run("b"), run("never")], [fromStage(0, 1)]);
    const built = buildWith(executor, plan, { jobs: 4, events });
    let over = false;
    void built.catch(() => undefined).finally(() => (over = true));
    await quiet();
    await executor.end("RUN a", new OciBuildError("run-failed", "exit code: 3"));
    t.notOk(over, "the other step must have ended first");
    await executor.end("RUN b", new OciBuildError("run-failed", "killed by signal 9"));
    await t.rejects(built, { code: "run-failed", message: "exit code: 3" });
    t.match(outcomes(events), ["RUN a failed", "RUN b cancelled"]);
  },
);

/** How each step ended, in the order of the ends. */
function outcomes(events: readonly BuildEvent[]): readonly string[] {
  const titles = new Map(
    events.flatMap((e) => (e.kind === "step-started" ? [[e.step, e.title.replace(/^\[.*?\] /, "")]] : [])),
  );
  return events.flatMap((e) => (e.kind === "step-finished" ? [`${titles.get(e.step)} ${e.outcome.kind}`] : []));
}
