import fc from "fast-check";
import t from "tap";
import { matchEnds, parseGlob, reversed } from "../../src/plan/glob.ts";

const ends = (pattern: string, value: string, start = 0): [number, number] | undefined => {
  const found = matchEnds(parseGlob(pattern) ?? [], [...value], start);
  return found && [found.shortest, found.longest];
};

t.test("a match tells its shortest and its longest end", (t) => {
  t.strictSame(ends("a*c", "abcabc"), [3, 6]);
  t.strictSame(ends("*", "ab"), [0, 2]);
  t.strictSame(ends("?", "ab"), [1, 1]);
  t.strictSame(ends("", "ab"), [0, 0]);
  t.strictSame(ends("b", "ab"), undefined);
  t.strictSame(ends("b", "ab", 1), [2, 2]);
  t.strictSame(ends("a\\*", "a*"), [2, 2]);
  t.strictSame(ends("*", "a\nb"), [0, 1], "no wildcard matches a newline");
  t.strictSame(ends("?", "😀"), [1, 1], "characters count, not their halves");
  t.end();
});

t.test("only escapes of wildcards and of what ends a substitution are good", (t) => {
  for (const pattern of ["\\*", "\\?", "\\\\", "\\}", "\\/"]) t.equal(parseGlob(pattern)?.length, 1, pattern);
  for (const pattern of ["\\a", "\\", "a\\"]) t.equal(parseGlob(pattern), undefined, pattern);
  t.end();
});

t.test("matches agree with a regular expression", (t) => {
  const text = fc.array(fc.constantFrom("a", "b"), { maxLength: 8 }).map((characters) => characters.join(""));
  const pattern = fc
    .array(fc.constantFrom("a", "b", "?", "*"), { maxLength: 6 })
    .map((characters) => characters.join(""));
  fc.assert(
    fc.property(pattern, text, (glob, value) => {
      const source = glob.replaceAll("*", ".*").replaceAll("?", ".");
      const longest = new RegExp(`^${source}`).exec(value)?.[0].length;
      const shortest = new RegExp(`^${source.replaceAll("*", "*?")}`).exec(value)?.[0].length;
      return ends(glob, value)?.[1] === longest && ends(glob, value)?.[0] === shortest;
    }),
    { numRuns: 2000 },
  );
  t.end();
});

t.test("no pattern takes for ever", (t) => {
  t.equal(ends(`${"a*".repeat(50)}b`, "a".repeat(2000)), undefined);
  t.end();
});

t.test("reversing leaves the original alone", (t) => {
  const items = ["a", "b"];
  t.strictSame(reversed(items), ["b", "a"]);
  t.strictSame(items, ["a", "b"]);
  t.end();
});
