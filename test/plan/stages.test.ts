import t from "tap";
import { parseDockerfile } from "../../src/instructions/dockerfile.ts";
import type { PlanOptions } from "../../src/plan/options.ts";
import type { StageGraph } from "../../src/plan/stages.ts";
import { resolveStages } from "../../src/plan/stages.ts";
import { standardOptions } from "./plan-text.ts";

const resolve = (text: string, options: Partial<PlanOptions> = {}): StageGraph =>
  resolveStages(parseDockerfile("Dockerfile", text), { ...standardOptions, ...options }, () => undefined);
const needed = (text: string, target?: string): number[] =>
  resolve(text, { target }).needed.map(({ source }) => source.index);

t.test("only the stages that the target needs are kept", (t) => {
  const text =
    "FROM a AS one\nFROM b AS two\nFROM one AS three\nCOPY --from=two x y\nFROM c AS four\nCOPY --from=0 x y\n";
  t.strictSame(needed(text), [0, 3]);
  t.strictSame(needed(text, "THREE"), [0, 1, 2]);
  t.strictSame(needed(text, "1"), [1]);
  t.end();
});

t.test("an earlier stage hides an image, a later one does not", (t) => {
  t.match(resolve("FROM x AS alpine\nFROM Alpine\n").needed.at(-1)?.base, { kind: "stage", stage: 0 });
  t.match(resolve("FROM alpine AS a\nFROM x AS alpine\nFROM a\n").needed[0]?.base, { kind: "image", name: "alpine" });
  t.match(resolve("FROM scratch AS scratch\nFROM scratch\n").needed.at(-1)?.base, { kind: "stage", stage: 0 });
  t.end();
});

t.test("of two stages with one name the nearest above is the base", (t) => {
  t.match(resolve("FROM a AS x\nFROM b AS x\nFROM x\n").needed.at(-1)?.base, { stage: 1 });
  t.end();
});

t.test("the platform of FROM counts for its image only", (t) => {
  const graph = resolve(
    "FROM --platform=$BUILDPLATFORM a AS x\nFROM --platform=linux/arm64 b\nCOPY --from=x c d\nCOPY --from=img c d\n",
    { platform: { os: "linux", architecture: "s390x" } },
  );
  t.match(
    graph.needed.map(({ base }) => base),
    [{ platform: { architecture: "amd64" } }, { platform: { architecture: "arm64" } }],
  );
  t.match(
    [...(graph.needed[1]?.sources.values() ?? [])],
    [
      { kind: "stage", stage: 0 },
      { kind: "image", name: "img", platform: { architecture: "s390x" } },
    ],
  );
  t.end();
});

t.test("references that cannot be are refused", (t) => {
  const rows: readonly [string, string][] = [
    ["FROM a AS x\nCOPY --from=y b c\nFROM d AS y\nFROM x\n", "stage-forward"],
    ["FROM a AS x\nCOPY --from=x b c\n", "stage-forward"],
    ["FROM a\nCOPY --from=0 b c\n", "stage-forward"],
    ["FROM a\nCOPY --from=1 b c\n", "stage-unknown"],
    ["FROM a AS x\nRUN --mount=from=y,target=/b c\nFROM d AS y\nFROM x\n", "stage-forward"],
    ["FROM a\nRUN --mount=from=1,target=/b c\n", "stage-unknown"],
    ["FROM a\nARG x=1\nRUN --mount=from=$x,target=/b c\n", "copy-source-invalid"],
    ["FROM a\nCOPY --from=-1 b c\n", "stage-unknown"],
    ["ARG x=1\nFROM a\nCOPY --from=$x b c\n", "copy-source-invalid"],
    ["FROM a\nCOPY --from=${ b c\n", "copy-source-invalid"],
    ["FROM $nothing\n", "base-empty"],
    ["FROM --platform=$nothing a\n", "base-empty"],
    ["FROM --platform=a/b/c/d a\n", "platform-invalid"],
    ["FROM ${a\n", "expansion-invalid"],
  ];
  for (const [text, code] of rows) t.throws(() => resolve(text), { code }, text);
  t.end();
});

t.test("an unknown target lists the stages and suggests one", (t) => {
  t.throws(() => resolve("FROM a AS build\nFROM b AS test\n", { target: "biuld" }), {
    code: "stage-unknown",
    message: /did you mean build/,
    hint: "the stages of Dockerfile are build, test",
  });
  t.throws(() => resolve("FROM a\n", { target: "7" }), {
    code: "stage-unknown",
    hint: "the stages of Dockerfile have no names",
  });
  t.end();
});

t.test("what is not supported is refused only where it is needed, all of it at once", (t) => {
  const text = "FROM a AS x\nRUN --device=b c\nRUN --security=insecure d\nFROM e\n";
  t.strictSame(needed(text), [1]);
  t.throws(() => resolve(text, { target: "x" }), {
    code: "dockerfile-invalid",
    errors: [
      { code: "flag-unsupported", message: /^Dockerfile:2: RUN --device is not allowed/ },
      { code: "flag-unsupported" },
    ],
  });
  t.end();
});
