import fc from "fast-check";
import t from "tap";
import { editDistance, suggest } from "../../src/cli/suggest.ts";

t.test("distances count insertions, deletions, replacements and swaps", (t) => {
  const cases: readonly (readonly [string, string, number])[] = [
    ["", "", 0],
    ["", "abc", 3],
    ["abc", "", 3],
    ["build", "biuld", 1],
    ["kitten", "sitting", 3],
    ["ca", "abc", 3],
  ];
  for (const [a, b, distance] of cases) t.equal(editDistance(a, b), distance, `${a} ${b}`);
  t.end();
});

t.test("distances are symmetric, and zero for the same word only", (t) => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "c") });
  fc.assert(
    fc.property(
      word,
      word,
      (a, b) => editDistance(a, b) === editDistance(b, a) && (editDistance(a, b) === 0) === (a === b),
    ),
  );
  t.end();
});

t.test("only a near word is suggested, and the nearest", (t) => {
  const words = ["build", "run", "images", "inspect"];
  t.equal(suggest("biuld", words), "build");
  t.equal(suggest("image", words), "images");
  t.equal(suggest("rum", words), "run");
  t.equal(suggest("push", words), undefined);
  t.end();
});
