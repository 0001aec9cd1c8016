import t from "tap";
import { readOne } from "./read-one.ts";

t.test("ENV and LABEL take pairs, quotes left for the expansion", (t) => {
  t.match(readOne('ENV a=1 b="x y" c=x\\ y d='), {
    pairs: [
      { key: "a", value: "1" },
      { key: "b", value: '"x y"' },
      { key: "c", value: "x\\ y" },
      { key: "d", value: "" },
    ],
  });
  t.match(readOne('LABEL "a b"=c=d'), { kind: "label", pairs: [{ key: '"a b"', value: "c=d" }] });
  t.end();
});

t.test("the old form takes all that follows as the value", (t) => {
  t.match(readOne("ENV a  b c=d "), { pairs: [{ key: "a", value: "b c=d" }] });
  t.end();
});

t.test("ARG takes names with and without a default", (t) => {
  t.match(readOne("ARG a b= c='x y'"), {
    declarations: [
      { name: "a", value: undefined },
      { name: "b", value: "" },
      { name: "c", value: "'x y'" },
    ],
  });
  t.end();
});

t.test("pairs without a name, a value or anything are refused", (t) => {
  for (const line of ["ENV", "ENV a", "ENV =a", "ENV a=b c", "LABEL", "LABEL =", "ARG", "ARG =a"])
    t.throws(() => readOne(line), { code: "argument-invalid" }, line);
  t.end();
});
