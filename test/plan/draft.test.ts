import t from "tap";
import { readDockerfile } from "../../src/instructions/dockerfile.ts";
import { draftErrors } from "../../src/plan/plan.ts";
import { standardOptions } from "./plan-text.ts";

/** Lines of what is found before any image is known. */
function lines(text: string): readonly number[] {
  const { dockerfile, errors } = readDockerfile("Dockerfile", text);
  if (dockerfile === undefined) return [];
  const found = draftErrors(dockerfile, standardOptions, { partial: errors.length > 0 });
  return found.map(({ excerpt }) => excerpt?.lines.start ?? 0);
}

t.test("faults of stages and of instructions are found together, before an image is asked for", (t) => {
  t.strictSame(lines("FROM x\nCOPY --from=7 /a /b\nEXPOSE no\nCOPY a b /c\nENV a=${b-\n"), [2, 3, 4, 5]);
  t.strictSame(lines("FROM x AS a\nSTOPSIGNAL no\nFROM a\nSTOPSIGNAL no\n"), [2, 4]);
  t.strictSame(lines("FROM x AS unused\nSTOPSIGNAL no\nFROM y\n"), []);
  t.strictSame(lines("ARG a=${\nFROM x\nSTOPSIGNAL no\n"), [1], "a broken global ARG leaves the rest in doubt");
  t.end();
});

t.test("what a variable of an unknown image may mend is no fault yet", (t) => {
  t.strictSame(lines("FROM x\nENV a=${BASE:?}\nSTOPSIGNAL $SIGNAL\nCOPY a b $DIRECTORY\n"), []);
  t.strictSame(lines("FROM x\nARG SIGNAL=no\nSTOPSIGNAL $SIGNAL\n"), [3], "one that is set here is judged");
  t.strictSame(lines("FROM x\nCOPY <<f /f\n${BASE:?}\nf\n"), []);
  t.end();
});

t.test("beside what cannot be read, only what no variable can have changed is a fault", (t) => {
  t.strictSame(lines("FROM x\nARG D=/d\nENV =y\nCOPY a b $D\nCOPY a b /c\n"), [5]);
  t.strictSame(lines("FROM x\nENVV D=/d/\nCOPY a b /c\n"), [3], "a line that is no instruction may be an ENV");
  t.strictSame(lines("FROM x\nFRM y\nCOPY --from=1 a /c\n"), [], "or a FROM, which counts for all");
  t.strictSame(lines("FROM x y\nCOPY --from=1 a /c\n"), []);
  t.strictSame(lines("FROM x\nRUN <<EOF\nCOPY a b /c\n"), []);
  t.end();
});
