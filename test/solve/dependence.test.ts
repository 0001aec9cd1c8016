import fc from "fast-check";
import t from "tap";
import { type DiffId, parseDiffId } from "../../src/oci/digest.ts";
import { digestOf } from "../../src/oci/hash.ts";
import type { ImageLookup } from "../../src/plan/options.ts";
import type { CopyPart, CopyStep, Step } from "../../src/plan/step.ts";
import type { StepWork } from "../../src/solve/executor.ts";
import { imagesWith, planText } from "../plan/plan-text.ts";
import { buildWith, FakeExecutor } from "./fake-executor.ts";

/**
 * A Dockerfile as this test makes it. What its steps depend on is worked out here once more, from the instructions
 * themselves, without plans and keys.
 */
interface Project {
  readonly stages: readonly StageModel[];
  readonly files: Readonly<Record<string, string>>;
  readonly args: Readonly<Record<string, string>>;
  readonly base: string;
}

interface StageModel {
  /** An earlier stage, else the base image. */
  readonly from: number | undefined;
  readonly instructions: readonly Instruction[];
}

type Instruction =
  | { readonly kind: "run"; readonly command: string }
  | { readonly kind: "copy"; readonly file: string; readonly link: boolean }
  | { readonly kind: "copy-from"; readonly stage: number }
  | { readonly kind: "env"; readonly name: string; readonly value: string }
  | { readonly kind: "arg"; readonly name: string }
  | { readonly kind: "label"; readonly value: string };

const file = fc.constantFrom("a", "b", "c");
/** No name is both: which of the two goes first is asked elsewhere. */
const argument = fc.constantFrom("x", "y", "z");
const variable = fc.constantFrom("A", "B", "C");
const text = fc.constantFrom("1", "2", "3", "4");

const instruction = (stage: number): fc.Arbitrary<Instruction> =>
  fc.oneof(
    fc.record({ kind: fc.constant("run" as const), command: text }),
    fc.record({ kind: fc.constant("copy" as const), file, link: fc.boolean() }),
    ...(stage === 0
      ? []
      : [fc.record({ kind: fc.constant("copy-from" as const), stage: fc.integer({ min: 0, max: stage - 1 }) })]),
    fc.record({ kind: fc.constant("env" as const), name: variable, value: text }),
    fc.record({ kind: fc.constant("arg" as const), name: argument }),
    fc.record({ kind: fc.constant("label" as const), value: text }),
  );

const stage = (index: number): fc.Arbitrary<StageModel> =>
  fc.record({
    from: index === 0 ? fc.constant(undefined) : fc.option(fc.integer({ min: 0, max: index - 1 }), { nil: undefined }),
    instructions: fc.array(instruction(index), { minLength: 1, maxLength: 6 }),
  });

const project: fc.Arbitrary<Project> = fc.record({
  stages: fc.tuple(stage(0), stage(1), stage(2)),
  files: fc.record({ a: text, b: text, c: text }),
  args: fc.record({ x: text, y: text, z: text }),
  base: text,
});

/** One input changed: a file, a build argument, the base image, or an instruction replaced, put in or left out. */
const change = (before: Project): fc.Arbitrary<Project> => {
  const changedStages = fc
    .tuple(fc.nat(2), fc.nat(5), fc.constantFrom("replace", "insert", "remove"))
    .chain(([at, position, how]) =>
      instruction(at).map((next): Project => {
        const stages = before.stages.map((model, index): StageModel => {
          if (index !== at) return model;
          const instructions = model.instructions.toSpliced(
            Math.min(position, model.instructions.length - 1),
            how === "insert" ? 0 : 1,
            ...(how === "remove" ? [] : [next]),
          );
          return { ...model, instructions };
        });
        return { ...before, stages };
      }),
    );
  return fc.oneof(
    fc.tuple(file, text).map(([path, value]): Project => ({ ...before, files: { ...before.files, [path]: value } })),
    fc.tuple(argument, text).map(([arg, value]): Project => ({ ...before, args: { ...before.args, [arg]: value } })),
    text.map((base): Project => ({ ...before, base })),
    changedStages,
  );
};

function dockerfile({ stages }: Project): string {
  const line = (one: Instruction): string => {
    switch (one.kind) {
      case "run":
        return `RUN ${one.command}`;
      case "copy":
        return `COPY ${one.link ? "--link " : ""}${one.file} /`;
      case "copy-from":
        return `COPY --from=s${one.stage} /x /`;
      case "env":
        return `ENV ${one.name}=${one.value}`;
      case "arg":
        return `ARG ${one.name}`;
      case "label":
        return `LABEL l=${one.value}`;
    }
  };
  return stages
    .map(({ from, instructions }, index) =>
      [`FROM ${from === undefined ? "base" : `s${from}`} AS s${index}`, ...instructions.map(line), ""].join("\n"),
    )
    .join("");
}

interface StageEnd {
  readonly chain: readonly string[];
  /** What ENV set, in the order of the names' first appearance, which a process sees as well. */
  readonly env: Readonly<Record<string, string>>;
  readonly declared: Readonly<Record<string, string>>;
}

/** What each step of the stages that the last one needs comes to depend on, in full, as text; equal texts, equal layers. */
function dependences({ stages, files, args, base }: Project): ReadonlySet<string> {
  const found = new Set<string>();
  const done = new Map<number, StageEnd>();
  const solve = (index: number): StageEnd => {
    const known = done.get(index);
    if (known !== undefined) return known;
    const model = stages[index];
    if (model === undefined) throw new Error(`no stage ${index}`);
    // A stage inherits the arguments that the stage below it declares.
    let { chain, env, declared }: StageEnd =
      model.from === undefined ? { chain: [`base ${base}`], env: {}, declared: {} } : solve(model.from);
    const add = (what: string, on: readonly string[]): void => {
      const step = `${what} on ${digestOf(on.join("\n"))}`;
      found.add(step);
      chain = [...chain, step];
    };
    for (const one of model.instructions)
      switch (one.kind) {
        case "run":
          add(`run ${one.command} ${JSON.stringify([Object.entries(env), Object.entries(declared)])}`, chain);
          break;
        case "copy":
          add(`copy ${one.link ? "--link" : ""} ${files[one.file]}`, one.link ? [] : chain);
          break;
        case "copy-from":
          add(`copy from ${digestOf(solve(one.stage).chain.join("\n"))}`, chain);
          break;
        case "env":
          env = { ...env, [one.name]: one.value };
          break;
        case "arg":
          declared = { ...declared, [one.name]: args[one.name] ?? "" };
          break;
        case "label":
          break;
      }
    const end = { chain, env, declared };
    done.set(index, end);
    return end;
  };
  solve(stages.length - 1);
  return found;
}

/** Makes layers that differ whenever anything that a step reads differs. */
class ExactExecutor extends FakeExecutor {
  files: Readonly<Record<string, string>> = {};
  readonly #read: Map<unknown, string> = new Map();

  override contentOf(part: CopyPart, step: CopyStep, work: StepWork): Promise<string> {
    if (part.kind !== "paths") throw new Error("no such part is made here");
    const source = work.filesOf(part.from);
    const content = source === undefined ? (this.files[part.patterns[0] ?? ""] ?? "") : `chain ${source.join()}`;
    this.#read.set(step.parts, content);
    return Promise.resolve(digestOf(content));
  }
  override execute(step: Step, work: StepWork): Promise<DiffId> {
    this.done.push(step.title);
    const read = step.kind === "copy" ? { content: this.#read.get(step.parts) } : {};
    const ran = step.kind === "run" ? { argv: step.argv, env: step.env } : {};
    return Promise.resolve(parseDiffId(digestOf(JSON.stringify({ kind: step.kind, read, ran, below: work.chain }))));
  }
}

const imagesOf =
  (base: string): ImageLookup =>
  (...asked) => {
    const image = imagesWith()(...asked);
    if (image === undefined) return undefined;
    const diffId = parseDiffId(digestOf(`base ${base}`));
    const blob = { mediaType: "application/vnd.oci.image.layer.v1.tar", digest: digestOf(base), size: 1 };
    return { ...image, layers: [{ diffId, blob }] };
  };

async function build(executor: ExactExecutor, { files, args, base, ...rest }: Project, jobs: number): Promise<number> {
  executor.files = files;
  const text = dockerfile({ files, args, base, ...rest });
  const plan = planText(text, { buildArgs: new Map(Object.entries(args)) }, imagesOf(base));
  await buildWith(executor, plan, { jobs });
  return executor.done.length;
}

t.test("when one input of a Dockerfile changes, exactly the steps that depend on it run again", async (t) => {
  const pair = project.chain((before) => fc.tuple(fc.constant(before), change(before), fc.integer({ min: 1, max: 4 })));
  await fc.assert(
    fc.asyncProperty(pair, async ([before, after, jobs]) => {
      const executor = new ExactExecutor();
      const first = dependences(before);
      const ran = await build(executor, before, jobs);
      if (ran !== first.size) throw new Error(`${ran} steps ran at first, not ${first.size}`);
      const expected = [...dependences(after)].filter((step) => !first.has(step));
      const again = await build(executor, after, jobs);
      if (again !== expected.length)
        throw new Error(`${executor.done.join(", ")} ran again, expected were ${expected.join("\n")}`);
    }),
    { numRuns: 600 },
  );
  t.pass("600 changes");
});
