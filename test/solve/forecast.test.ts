import t from "tap";
import { OciBuildError } from "../../src/errors.ts";
import { parseDockerfile } from "../../src/instructions/dockerfile.ts";
import { type CacheKey, type DiffId, parseDiffId } from "../../src/oci/digest.ts";
import { digestOf } from "../../src/oci/hash.ts";
import { makePlan } from "../../src/plan/plan.ts";
import type { Plan } from "../../src/plan/step.ts";
import { Steps } from "../../src/progress/steps.ts";
import { createForecaster } from "../../src/solve/forecast.ts";
import type { LayerStep } from "../../src/solve/keys.ts";
import type { Executor } from "../../src/solve/executor.ts";
import { solve } from "../../src/solve/solve.ts";

function planOf(text: string): Plan {
  const platform = { os: "linux", architecture: "amd64" };
  const options = { buildArgs: new Map<string, string>(), platform, buildPlatform: platform };
  return makePlan(parseDockerfile("Dockerfile", text), () => undefined, options);
}

/** A store that remembers; contents of the build context are what `context` says. */
class Machine {
  readonly results = new Map<CacheKey, DiffId>();
  context = "1";
  executed = 0;

  readonly executor = {
    holds: () => Promise.resolve(true),
    lookUp: (key: CacheKey) => Promise.resolve(this.results.get(key)),
    remember: (key: CacheKey, _inputs: string, diffId: DiffId) => {
      this.results.set(key, diffId);
      return Promise.resolve();
    },
    contentOf: (part: unknown, _step: unknown, work: { filesOf(source: unknown): unknown }) => {
      const { kind, from } = part as { kind: string; from: unknown };
      const source = kind === "paths" ? work.filesOf(from) : undefined;
      return Promise.resolve(JSON.stringify(source ?? this.context));
    },
    mountedContentOf: () => Promise.resolve("mounted"),
    ownerOf: (owner: string) => Promise.resolve(owner),
    execute: (step: LayerStep) => {
      this.executed += 1;
      return Promise.resolve(parseDiffId(digestOf(`${step.title} ${this.context}`)));
    },
    explain: () => Promise.resolve(""),
    settled: () => undefined,
    layerReady: () => undefined,
  } as unknown as Executor;

  async build(plan: Plan): Promise<void> {
    await run(plan, this.executor);
  }

  async forecast(plan: Plan): Promise<readonly string[]> {
    const { executor, forecastOf } = createForecaster(this.executor);
    const before = this.executed;
    await run(plan, executor);
    if (this.executed !== before) throw new Error("a dry run has run something");
    return plan.stages.flatMap(({ steps }) =>
      steps.flatMap((step) => (step.kind === "metadata" ? [] : [`${forecastOf(step)} ${step.title}`])),
    );
  }
}

async function run(plan: Plan, executor: Executor): Promise<void> {
  const steps = new Steps(() => undefined, new AbortController().signal);
  const dockerfile = { file: "Dockerfile", text: "" };
  await solve(plan, executor, {
    cache: { kind: "use" },
    epoch: 0,
    jobs: 1,
    steps,
    dockerfile,
    cancel: () => undefined,
  });
}

const text =
  "FROM scratch AS a\nRUN one\nCOPY x /\nRUN two\nFROM scratch\nRUN three\nCOPY --from=a /x /\nRUN four\nCOPY --link y /\n";

t.test("nothing was built: the first step of a stage is a miss, what stands on it unknown", async (t) => {
  t.strictSame(await new Machine().forecast(planOf(text)), [
    "miss RUN one",
    "unknown COPY x /",
    "unknown RUN two",
    "miss RUN three",
    "unknown COPY --from=a /x /",
    "unknown RUN four",
    "miss COPY --link y /",
  ]);
});

t.test("after a build everything is a hit, and a dry run changes nothing", async (t) => {
  const machine = new Machine();
  const plan = planOf(text);
  await machine.build(plan);
  for (let turn = 0; turn < 2; turn += 1) t.ok((await machine.forecast(plan)).every((line) => line.startsWith("hit ")));
});

t.test(
  "a changed context is a miss for what copies it, and unknown for what stands on that or copies from there",
  async (t) => {
    const machine = new Machine();
    const plan = planOf(text);
    await machine.build(plan);
    machine.context = "2";
    t.strictSame(await machine.forecast(plan), [
      "hit RUN one",
      "miss COPY x /",
      "unknown RUN two",
      "hit RUN three",
      "unknown COPY --from=a /x /",
      "unknown RUN four",
      "miss COPY --link y /",
    ]);
  },
);

t.test("what another stage holds may not be known, what the context lacks is an error", async (t) => {
  const failing = (message: string): Machine => {
    const machine = new Machine();
    const fail = () => Promise.reject(new OciBuildError("test", message));
    Object.assign(machine.executor, { contentOf: fail });
    return machine;
  };
  const other = planOf("FROM scratch AS a\nFROM scratch\nCOPY --from=a /x /\n");
  t.strictSame(await failing("not mounted").forecast(other), ["unknown COPY --from=a /x /"]);
  await t.rejects(failing("not found").forecast(planOf("FROM scratch\nCOPY x /\n")), { message: /not found/ });
});
