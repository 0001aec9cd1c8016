import t from "tap";
import { parseDockerfile } from "../../src/instructions/dockerfile.ts";
import { type EpochSource, epochSource, settleArgs } from "../../src/plan/epoch.ts";
import { parseNamedLocation } from "../../src/location/location.ts";
import type { PlanOptions } from "../../src/plan/options.ts";
import { planText, standardOptions } from "./plan-text.ts";

const name = "SOURCE_DATE_EPOCH";
const epochOf = (text: string, options: Partial<PlanOptions> = {}): number | undefined =>
  settleArgs(parseDockerfile("Dockerfile", text), { ...standardOptions, ...options }).options.sourceDateEpoch;
const sourceOf = (text: string, options: Partial<PlanOptions> = {}): EpochSource | undefined =>
  epochSource(parseDockerfile("Dockerfile", text), { ...standardOptions, ...options });
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

t.test("an epoch that names something is the time of that, unset where it has none", (t) => {
  t.equal(epochOf("FROM x", { ...given("context"), sourceTime: 1234 }), 1234);
  t.equal(epochOf("FROM x", given("context")), undefined);
  t.equal(epochOf(`ARG ${name}=context\nFROM x`, { sourceTime: 1234 }), 1234);
  t.equal(epochOf("FROM x", { sourceTime: 1234 }), undefined, "not asked for");
  t.end();
});

t.test("what an epoch names is a context, a named context or the one ADD of a stage", (t) => {
  const contexts = new Map([["own", parseNamedLocation("own=dir")[1]]]);
  const images = new Map([["own", parseNamedLocation("own=docker-image://alpine")[1]]]);
  const stage = "FROM scratch AS own\nADD https://host/file /\nFROM y";
  t.strictSame(sourceOf("FROM x", given("context")), { kind: "context" });
  t.strictSame(sourceOf(stage, { ...given("OWN"), contexts }), { kind: "context", name: "own" });
  t.equal(sourceOf(stage, { ...given("own"), contexts: images }), undefined, "an image has no time");
  t.equal(sourceOf(stage, given("7")), undefined);
  t.match(sourceOf(stage, given("OWN")), { kind: "url", url: "https://host/file", checksum: undefined });
  t.match(sourceOf(`ARG ${name}=own\n${stage}`), { kind: "url" });
  const git =
    "ARG host=a\nFROM scratch AS own\nARG repo=b dir=$repo\nADD https://$host/$repo.git?subdir=$dir#v1 /\nFROM y";
  t.match(sourceOf(git, given("own")), {
    kind: "git",
    location: { remote: "https://a/b.git", ref: "v1", subdirectory: "b" },
  });
  const checksum = `sha256:${"0".repeat(64)}`;
  const sum = `FROM scratch AS own\nARG s=${checksum}\nADD --checksum=$s https://host/file /\nFROM y`;
  t.match(sourceOf(sum, given("own")), { kind: "url", checksum });
  t.end();
});

t.test("a stage that gives the epoch its time holds one ADD from elsewhere, and nothing but ARGs", (t) => {
  for (const [text, line, message] of [
    ["FROM x AS own\nADD https://host/file /", 1, /must be FROM scratch/],
    ["FROM scratch AS own\nARG a", 1, /fetches nothing/],
    ["FROM scratch AS own\nADD https://host/file /\nUSER 1", 3, /holds USER/],
    ["FROM scratch AS own\nADD https://host/file /\nADD https://host/file /", 3, /more than one/],
    ["FROM scratch AS own\nADD https://host/a https://host/b /", 2, /something else/],
    ["FROM scratch AS own\nADD file /", 2, /something else/],
    ["FROM scratch AS own\nADD <<file /\nx\nfile", 2, /something else/],
    ["FROM scratch AS own\nADD https://[ /", 2, /not a URL/],
    ["FROM scratch AS own\nADD ${host:?who} /", 2, /who/],
  ] as const)
    t.throws(() => epochOf(`${text}\nFROM y`, given("own")), { message, excerpt: { lines: { start: line } } }, text);
  t.end();
});

t.test("every ARG sees the epoch as a number", (t) => {
  const text = `ARG ${name}=context\nFROM x\nARG ${name}\nRUN y\n`;
  t.match(planText(text, { sourceTime: 1234 }).stages[0]?.steps[1], { env: [/PATH/, `${name}=1234`] });
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
  t.throws(() => epochOf(`ARG a\nARG ${name}=yesterday\nFROM x`), {
    code: "argument-invalid",
    excerpt: { lines: { start: 2, end: 2 } },
  });
  t.throws(() => epochOf("FROM x", given("-5")), { code: "argument-invalid" });
  t.end();
});
