import t from "tap";
import { parseDockerfile } from "../../src/instructions/dockerfile.ts";
import { globalArgs, unusedArgWarnings } from "../../src/plan/globals.ts";
import { standardOptions } from "./plan-text.ts";

const dockerfile = (text: string): ReturnType<typeof parseDockerfile> => parseDockerfile("Dockerfile", text);
const withArgs = (...entries: [string, string][]): typeof standardOptions => ({
  ...standardOptions,
  buildArgs: new Map(entries),
});

t.test("a global argument may use the ones before it, and build arguments win", (t) => {
  const file = dockerfile("ARG a=1 b=$a\nARG c=${b}x$TARGETARCH d\nFROM x AS last\n");
  const values = globalArgs(file, withArgs(["a", "2"], ["d", "3"]));
  t.strictSame(
    ["a", "b", "c", "d", "TARGETSTAGE"].map((name) => values.get(name)),
    ["2", "2", "2xamd64", "3", "last"],
  );
  t.equal(globalArgs(file, { ...standardOptions, target: "0" }).get("TARGETSTAGE"), "0");
  t.equal(globalArgs(dockerfile("FROM x"), standardOptions).get("TARGETSTAGE"), "default");
  t.throws(() => globalArgs(dockerfile("ARG a=${b:?gone}\nFROM x"), standardOptions), {
    code: "expansion-invalid",
    message: "Dockerfile:1: b: gone",
  });
  t.end();
});

t.test("a build argument that nothing declares is told", (t) => {
  const file = dockerfile("ARG VERSION\nFROM x\nARG TOKEN\nFROM y\nARG OTHER");
  t.strictSame(
    unusedArgWarnings(
      file,
      withArgs(
        ["VERSION", "1"],
        ["TOKEN", "1"],
        ["OTHER", "1"],
        ["HTTP_PROXY", "1"],
        ["TARGETARCH", "x"],
        ["BUILDKIT_ANYTHING", "1"],
      ),
    ),
    [],
  );
  t.strictSame(unusedArgWarnings(file, withArgs(["VERSOIN", "1"])), [
    { message: "no ARG declares the build argument VERSOIN (did you mean VERSION?)" },
  ]);
  t.end();
});
