import t from "tap";
import { ExpansionError, withoutPrefix, withoutSuffix, withReplacement } from "../../src/plan/substitution.ts";

t.test("prefixes and suffixes go, the shortest or the longest", (t) => {
  t.equal(withoutPrefix("a/b/c", "*/", false), "b/c");
  t.equal(withoutPrefix("a/b/c", "*/", true), "c");
  t.equal(withoutPrefix("abc", "x", true), "abc");
  t.equal(withoutSuffix("a.b.c", ".*", false), "a.b");
  t.equal(withoutSuffix("a.b.c", ".*", true), "a");
  t.equal(withoutSuffix("a\\*b", "\\*b", false), "a\\");
  t.throws(() => withoutPrefix("a", "\\a", false), ExpansionError);
  t.end();
});

t.test("matches are replaced, the first or all", (t) => {
  const rows: readonly [string, string, string, string, string][] = [
    ["aXbX", "X", "-", "a-bX", "a-b-"],
    ["abc", "", "-", "-abc", "-a-b-c-"],
    ["abc", "*", "-", "-", "-"],
    ["", "*", "-", "-", "-"],
    ["aaa", "aa", "b", "ba", "ba"],
    ["abc", "?", "", "bc", ""],
    ["abc", "x*", "-", "abc", "abc"],
    ["a.b", ".", "$1", "a$1b", "a$1b"],
  ];
  for (const [value, pattern, replacement, first, all] of rows) {
    t.equal(withReplacement(value, { pattern, replacement, all: false }), first, `${value}/${pattern}`);
    t.equal(withReplacement(value, { pattern, replacement, all: true }), all, `${value}//${pattern}`);
  }
  t.end();
});
