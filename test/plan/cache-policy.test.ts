import t from "tap";
import type { Plan } from "../../src/plan/step.ts";
import { type CachePolicy, stepsToRunAgain } from "../../src/plan/cache-policy.ts";
import { copy, label, planOf, run } from "../solve/fake-executor.ts";

const [install, build, pack, last] = [run("npm   ci"), run("npm run build"), copy(), run("make")];
const plan: Plan = {
  ...planOf([install, label, build], [pack], [last]),
};
const named: Plan = {
  ...plan,
  stages: plan.stages.map((stage, index) => ({ ...stage, name: ["deps", "pack", "stage-2"][index] ?? "" })),
};
const all = [install, build, pack, last];
const again = (policy: CachePolicy): readonly string[] =>
  all.filter(stepsToRunAgain(policy, named)).map((step) => step.title);
const some = (stages: readonly string[], steps: readonly string[]): CachePolicy => ({
  kind: "ignore-some",
  stages,
  steps,
});

t.test("what runs again although it is known", (t) => {
  const titles = { install: "RUN npm   ci", build: "RUN npm run build", pack: "COPY . /", last: "RUN make" };
  const rows: readonly [string, CachePolicy, readonly string[]][] = [
    ["nothing", { kind: "use" }, []],
    ["everything", { kind: "ignore" }, Object.values(titles)],
    ["a stage", some(["deps"], []), [titles.install, titles.build]],
    ["a stage in other letters", some(["DEPS"], []), [titles.install, titles.build]],
    ["a stage without a name, by its index", some(["2"], []), [titles.last]],
    ["two stages", some(["pack", "stage-2"], []), [titles.pack, titles.last]],
    ["a step of the last stage by its number", some([], ["2"]), [titles.last]],
    ["a step of another stage, where what makes no layer does not count", some([], ["deps:3"]), [titles.build]],
    ["an instruction by its beginning", some([], ["run npm"]), [titles.install, titles.build]],
    ["spaces do not count", some([], ["RUN npm ci"]), [titles.install]],
    ["a stage and a step", some(["pack"], ["deps:2"]), [titles.install, titles.pack]],
  ];
  for (const [title, policy, expected] of rows) t.same(again(policy), expected, title);
  t.end();
});

t.test("what fits nothing is refused, with what there is", (t) => {
  const rows: readonly [CachePolicy, RegExp, RegExp][] = [
    [some(["dep"], []), /--no-cache-filter: this build has no stage "dep"/, /did you mean deps/],
    [some(["xxxxxxxx"], []), /no stage "xxxxxxxx"/, /its stages are deps, pack, stage-2/],
    [some([], ["7"]), /--no-cache-step: this build has no step "7"/, /STAGE:N/],
    [some([], ["1"]), /no step "1"/, /STAGE:N/],
    [some([], ["nobody:2"]), /--no-cache-step: this build has no stage "nobody"/, /deps/],
    [some([], ["LABEL"]), /no step "LABEL"/, /are no steps/],
    [some([], [" "]), /no step " "/, /STAGE:N/],
  ];
  for (const [policy, message, hint] of rows)
    t.throws(() => stepsToRunAgain(policy, named), { code: "step-unknown", message, hint });
  t.end();
});
