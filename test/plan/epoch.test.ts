import t from "tap";
import { parseDockerfile } from "../../src/instructions/dockerfile.ts";
import { settleArgs } from "../../src/plan/epoch.ts";
import type { PlanOptions } from "../../src/plan/options.ts";
import { planText, standardOptions } from "./plan-text.ts";

const name = "SOURCE_DATE_EPOCH";
const epochOf = (text: string, options: Partial<PlanOptions> = {}): number | undefined =>
  settleArgs(parseDockerfile("Dockerfile", text), { ...standardOptions, ...options }).options.sourceDateEpoch;
const given = (value: string): Partial<PlanOptions> => ({ buildArgs: new Map([[name, value]]) });

t.test("the epoch is the build argument's, else the user's, else that of a global ARG", (t) => {
  const text = `ARG ${name}=5\nFROM x`;
  t.equal(epochOf(text), 5);
  t.equal(epochOf(text, { sourceDateEpoch: 6 }), 6);
  t.equal(epochOf(text, { ...given("7"), sourceDateEpoch: 6 }), 7);
  t.equal(epochOf("FROM x"), undefined);
  t.equal(epochOf(`FROM x\nARG ${name}=5`), undefined, "an ARG of a stage is a variable of that stage only");
  t.equal(epochOf(`ARG a=8\nARG ${name}=$a\nFROM x`), 8);
  t.equal(epochOf(`ARG ${name}\nFROM x`), undefined);
  t.end();
});

t.test("an empty epoch is unset, also where the Dockerfile has a default", (t) => {
  const text = `ARG ${name}=5\nFROM x\nARG ${name}\nRUN y\n`;
  t.equal(epochOf(text, given("")), undefined);
  const { stages, sourceDateEpoch } = planText(text, given(""));
  t.equal(sourceDateEpoch, undefined);
  t.match(stages[0]?.steps, [{ createdBy: `ARG ${name}` }, { createdBy: `RUN |1 ${name}= /bin/sh -c y # buildkit` }]);
  t.end();
});

t.test("context is the commit time of a git context, and unset for a directory", (t) => {
  t.equal(epochOf("FROM x", { ...given("context"), contextTime: 1234 }), 1234);
  t.equal(epochOf("FROM x", given("context")), undefined);
  t.equal(epochOf(`ARG ${name}=context\nFROM x`, { contextTime: 1234 }), 1234);
  t.equal(epochOf("FROM x", { contextTime: 1234 }), undefined, "not asked for");
  t.end();
});

t.test("every ARG sees the epoch as a number", (t) => {
  const text = `ARG ${name}=context\nFROM x\nARG ${name}\nRUN y\n`;
  t.match(planText(text, { contextTime: 1234 }).stages[0]?.steps[1], { env: [/PATH/, `${name}=1234`] });
  t.match(planText(`FROM x\nARG ${name}=1\n`, { sourceDateEpoch: 9 }).stages[0]?.steps, [
    { createdBy: `ARG ${name}=9` },
  ]);
  t.match(planText(`ARG ${name}=5\nFROM x\nARG ${name}=1\n`).stages[0]?.steps, [{ createdBy: `ARG ${name}=1` }]);
  t.end();
});

t.test("what is no epoch is refused, at its ARG where there is one", (t) => {
  t.throws(() => epochOf("FROM x AS src\nFROM y", given("srv")), {
    code: "argument-invalid",
    message: /did you mean src/,
  });
  t.throws(() => epochOf("FROM scratch AS src\nADD https://x/y /\nFROM y", given("src")), {
    code: "argument-unsupported",
  });
  t.throws(() => epochOf(`ARG a\nARG ${name}=yesterday\nFROM x`), {
    code: "argument-invalid",
    excerpt: { lines: { start: 2, end: 2 } },
  });
  t.throws(() => epochOf("FROM x", given("-5")), { code: "argument-invalid" });
  t.end();
});
