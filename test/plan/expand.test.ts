import fc from "fast-check";
import t from "tap";
import type { ExpandOptions } from "../../src/plan/expand.ts";
import { expand, expandToWords } from "../../src/plan/expand.ts";
import { ExpansionError } from "../../src/plan/substitution.ts";
import { backtickRows, rows, splitRows, variables } from "./expansion-rows.ts";

const lookup = (name: string): string | undefined => variables[name];
const standard: ExpandOptions = { lookup, escape: "\\" };

t.test("words expand as BuildKit expands them", (t) => {
  for (const [word, text] of rows)
    if (text === undefined) t.throws(() => expand(word, standard), ExpansionError, word);
    else t.equal(expand(word, standard), text, word);
  t.end();
});

t.test("expanded words are split at blanks that are not quoted", (t) => {
  for (const [word, words] of splitRows) t.strictSame(expandToWords(word, standard), words, word);
  t.end();
});

t.test("the escape character follows the directive", (t) => {
  for (const [word, text] of backtickRows) t.equal(expand(word, { lookup, escape: "`" }), text, word);
  t.end();
});

t.test("a failed demand shows the message that the Dockerfile gives", (t) => {
  t.throws(() => expand("${u:?set it}", standard), { message: "u: set it" });
  t.throws(() => expand("${u?}", standard), { message: "u: must not be unset" });
  t.throws(() => expand("${e:?}", standard), { message: "e: must not be empty" });
  t.end();
});

t.test("quotes can be kept, and what is unset can be left as it is", (t) => {
  const title: ExpandOptions = { ...standard, quotes: "keep", unset: "keep" };
  t.equal(expand(`echo "$a" '$a' $u \${u} \${u:-x} \\$a`, title), `echo "apple" '$a' $u \${u} \${u:-x} $a`);
  t.end();
});

t.test("quotes can be ordinary characters, as in a heredoc's body", (t) => {
  const body: ExpandOptions = { ...standard, quotes: "ignore" };
  t.equal(expand(`it's "$a" '$a' \\$a`, body), `it's "apple" 'apple' $a`);
  t.end();
});

t.test("a text without dollar, quotes and escapes is left as it is", (t) => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const plain = text.replace(/[$'"\\]/g, "");
      return expand(plain, standard) === plain;
    }),
  );
  t.end();
});

t.test("expansion of any text ends, in a text or in an ExpansionError", (t) => {
  const piece = fc.constantFrom(
    "$",
    "{",
    "}",
    "a",
    "u",
    ":",
    "-",
    "+",
    "?",
    "#",
    "%",
    "/",
    "*",
    "'",
    '"',
    "\\",
    " ",
    "<",
    "${a",
    "${u:-",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      try {
        return typeof expand(pieces.join(""), standard) === "string";
      } catch (error) {
        return error instanceof ExpansionError;
      }
    }),
  );
  t.throws(() => expand("${u:-".repeat(20000), standard), ExpansionError);
  t.end();
});

t.test("words are pieces of the text without blanks at their ends", (t) => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const plain = text.replace(/[$'"\\]/g, "");
      return expandToWords(plain, standard).every((word) => plain.includes(word) && word.trim() === word);
    }),
  );
  t.end();
});
