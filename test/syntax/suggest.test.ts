import fc from "fast-check";
import t from "tap";
import { didYouMean, editDistance, suggest } from "../../src/syntax/suggest.ts";

t.test("the nearest option within two edits is suggested", (t) => {
  const options = ["RUN", "FROM", "COPY", "ENV", "ENTRYPOINT"];
  t.equal(suggest("RNU", options), "RUN");
  t.equal(suggest("form", options), "FROM");
  t.equal(suggest("ENTRPOINT", options), "ENTRYPOINT");
  t.equal(suggest("CPY", options), "COPY");
  t.equal(suggest("SOMETHING", options), undefined);
  t.equal(suggest("RUN", options), undefined, "the word itself is no suggestion");
  t.equal(suggest("x", []), undefined);
  t.end();
});

t.test("short words are not called a misspelling of each other", (t) => {
  t.equal(suggest("a", ["b"]), undefined);
  t.equal(suggest("EOF", ["ENV"]), undefined);
  t.equal(suggest("rum", ["run"]), "run");
  t.end();
});

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

t.test("the suggestion reads as a question behind the message", (t) => {
  t.equal(didYouMean("tset", ["build", "test"]), " (did you mean test?)");
  t.equal(didYouMean("nothing", ["build", "test"]), "");
  t.end();
});
