import t from "tap";
import { isSpace, trim, trimEnd, trimStart } from "../../src/syntax/space.ts";

t.test("white space is what Go calls white space", (t) => {
  for (const character of [" ", "\t", "\n", "\v", "\f", "\r", "\u0085", "\u00a0", "\u2003", "\u3000"])
    t.ok(isSpace(character), JSON.stringify(character));
  for (const character of ["", "a", "\ufeff", "\u200b", "\0"]) t.notOk(isSpace(character), JSON.stringify(character));
  t.end();
});

t.test("trimming leaves what is inside", (t) => {
  t.equal(trim(" \t a b \u00a0"), "a b");
  t.equal(trimStart(" a "), "a ");
  t.equal(trimEnd(" a "), " a");
  t.equal(trim("\ufeff "), "\ufeff");
  t.end();
});
