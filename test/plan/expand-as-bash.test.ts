import { execFileSync } from "node:child_process";
import fc from "fast-check";
import t from "tap";
import { expand } from "../../src/plan/expand.ts";

/** What both know: values and words without quotes, escapes and blanks, patterns of `*`, `?` and letters. */
const variables: Readonly<Record<string, string>> = { a: "abcabc", b: "a.b/c.tar.gz", e: "", g: "a*c?" };
const name = fc.constantFrom("a", "b", "e", "g", "u");
const literal = fc.stringMatching(/^[abcx.]{0,3}$/);
const star = fc.stringMatching(/^[abc.]{0,2}[*?]{0,1}[abc.]{0,2}$/);
/** What is replaced is not empty: there, bash and BuildKit's regular expressions part. */
const replaced = fc.stringMatching(/^[abc.][*?]{0,1}[abc.]{0,1}$/);

const { word } = fc.letrec<{ word: string; piece: string }>((tie) => ({
  word: fc.array(tie("piece"), { maxLength: 3 }).map((pieces) => pieces.join("")),
  piece: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    literal,
    name.map((n) => `\${${n}}`),
    fc.tuple(name, fc.constantFrom(":-", "-", ":+", "+"), tie("word")).map(([n, op, w]) => `\${${n}${op}${w}}`),
    fc.tuple(name, fc.constantFrom("#", "##", "%", "%%"), star).map(([n, op, p]) => `\${${n}${op}${p}}`),
    fc.tuple(name, fc.constantFrom("/", "//"), replaced, literal).map(([n, op, p, r]) => `\${${n}${op}${p}/${r}}`),
  ),
}));

t.test("words expand as bash expands them, as far as both have the same language", (t) => {
  fc.assert(
    fc.property(fc.array(word, { minLength: 20, maxLength: 100 }), (words) => {
      const ours = words.map((w) => expand(w, { lookup: (n) => variables[n], escape: "\\" }));
      t.strictSame(ours, inBash(words));
    }),
    { numRuns: 20 },
  );
  t.end();
});

/** An assignment expands without splitting and without matching files. */
function inBash(words: readonly string[]): readonly string[] {
  const values = Object.entries(variables).map(([n, value]) => `${n}='${value}'`);
  const lines = words.map((w) => `r=${w}; printf '%s\\n' "$r"`);
  const script = [...values, ...lines].join("\n");
  return execFileSync("bash", ["--norc", "-c", script], { encoding: "utf8", env: { LC_ALL: "C" } })
    .split("\n")
    .slice(0, -1);
}
