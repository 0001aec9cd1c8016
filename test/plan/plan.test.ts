import t from "tap";
import { parseDockerfile } from "../../src/instructions/dockerfile.ts";
import { imagesNeeded } from "../../src/plan/plan.ts";
import { amd64, imagesWith, planText, standardOptions } from "./plan-text.ts";

t.test("the images that a build needs are listed once each", (t) => {
  const text =
    "ARG V=1\nFROM a:$V AS x\nFROM a:$V\nFROM unused\nFROM a:$V\nCOPY --from=x b c\nCOPY --from=d b c\nFROM --platform=linux/arm64 d\nCOPY --from=4 / /\nCOPY --from=d / /\n";
  const needs = imagesNeeded(
    parseDockerfile("Dockerfile", text.replace("--from=4", "--from=3")),
    standardOptions,
    () => undefined,
  );
  t.strictSame(needs, [
    { name: "a:1", platform: amd64, lines: { start: 2, end: 2 } },
    { name: "d", platform: amd64, lines: { start: 7, end: 7 } },
    { name: "d", platform: { os: "linux", architecture: "arm64" }, lines: { start: 8, end: 8 } },
  ]);
  t.end();
});

t.test("a stage stands behind the stages that it reads, the target last", (t) => {
  const { stages, target } = planText("FROM a AS x\nFROM b\nFROM x AS y\nRUN 1\nFROM scratch\nCOPY --from=y / /\n");
  t.match(stages, [
    { index: 0, name: "x", base: { kind: "image", image: { name: "a" } } },
    { index: 2, name: "y", base: { kind: "stage", stage: 0 } },
    {
      index: 3,
      name: "stage-3",
      base: { kind: "scratch" },
      steps: [{ kind: "copy", parts: [{ from: { kind: "stage", stage: 2 } }] }],
    },
  ]);
  t.equal(target, 3);
  t.end();
});

t.test("base variables, labels and command are inherited through stages", (t) => {
  const images = imagesWith({ Env: ["PATH=/p", "A=1"], Labels: { l: "1" }, Cmd: ["c"], WorkingDir: "/w" });
  const { stages } = planText("FROM a AS x\nENV B=$A\nFROM x\nCOPY f .\n", {}, images);
  t.match(stages[1], {
    config: { Env: ["PATH=/p", "A=1", "B=1"], Labels: { l: "1" }, Cmd: ["c"] },
    steps: [{ destination: "/w/" }],
  });
  t.end();
});

t.test("proxies and the epoch reach RUN without counting, unless they are declared", (t) => {
  const buildArgs = new Map([["HTTP_PROXY", "p"]]);
  const { stages } = planText("FROM a\nRUN 1\nARG HTTP_PROXY\nARG SOURCE_DATE_EPOCH\nRUN 2\n", {
    buildArgs,
    sourceDateEpoch: 9,
  });
  t.match(stages[0]?.steps[0], {
    env: [/^PATH=/],
    unkeyedEnv: ["HTTP_PROXY=p", "http_proxy=p", "SOURCE_DATE_EPOCH=9"],
  });
  t.match(stages[0]?.steps[3], {
    env: [/^PATH=/, "HTTP_PROXY=p", "SOURCE_DATE_EPOCH=9"],
    unkeyedEnv: ["http_proxy=p"],
  });
  t.end();
});

t.test("labels of the command line win, on the target alone and without history", (t) => {
  const { stages } = planText("FROM a AS x\nLABEL a=1 b=2\nFROM x\nLABEL c=3\n", {
    labels: new Map([
      ["d", "own"],
      ["b", "own"],
    ]),
  });
  t.strictSame(stages[0]?.config.Labels, { a: "1", b: "2" });
  t.strictSame(Object.entries(stages[1]?.config.Labels ?? {}), [["a", "1"], ["b", "own"], ["c", "3"], ["d", "own"]]); // prettier-ignore
  t.equal(stages[1]?.steps.length, 1);
  t.end();
});

t.test("all errors of a build are reported together, each at its line", (t) => {
  t.throws(() => planText("FROM a\nWORKDIR ${\nUSER '\nRUN x\nEXPOSE y\n"), {
    code: "dockerfile-invalid",
    errors: [
      { message: /^Dockerfile:2: / },
      { message: /^Dockerfile:3: / },
      { message: /^Dockerfile:5: /, excerpt: { lines: { start: 5, end: 5 } } },
    ],
  });
  t.end();
});

t.test("an error that follows from another is not reported, a misspelt variable is guessed", (t) => {
  t.throws(() => planText("FROM a\nENV ok=1 a=${\nARG b='\nRUN x\nWORKDIR /${a:?no}/${b:?no}\nUSER ${c:?needed}\n"), {
    errors: [{ message: /^Dockerfile:2: / }, { message: /^Dockerfile:3: / }, { message: "Dockerfile:6: c: needed" }],
  });
  t.throws(() => planText("FROM a\nARG VERSION=1\nWORKDIR /${VERSOIN:?}\n"), {
    message: "Dockerfile:3: VERSOIN: must not be unset (did you mean VERSION?)",
  });
  t.throws(() => planText("ARG VERSION=1\nFROM a:${VERSOIN:?}\n"), { message: /did you mean VERSION/ });
  t.end();
});

t.test("errors of stages and of a target come in the order of the file", (t) => {
  t.throws(() => planText("FROM $x\nFROM b\nCOPY --from=9 a b\nFROM c AS last\nCOPY --from=$y a b\n"), {
    errors: [{ code: "base-empty" }, { code: "stage-unknown" }, { code: "copy-source-invalid" }],
  });
  t.end();
});

t.test("warnings of the syntax and of unused build arguments are passed on", (t) => {
  const { warnings } = planText("# syntax=x/y\nFROM a\n", { buildArgs: new Map([["Q", "1"]]) });
  t.match(warnings, [{ message: /frontend x\/y/, lines: { start: 1, end: 1 } }, { message: /build argument Q/ }]);
  t.end();
});
