import t from "tap";
import { isSpaceAt, skipSpaces, trim, trimEnd, trimStart } from "../../src/syntax/space.ts";

t.test("white space is what Go calls white space", (t) => {
  for (const character of [" ", "\t", "\n", "\v", "\f", "\r", "\u0085", "\u00a0", "\u2003", "\u3000"])
    t.ok(isSpaceAt(`a${character}`, 1), JSON.stringify(character));
  for (const character of ["", "a", "\ufeff", "\u200b", "\0"])
    t.notOk(isSpaceAt(`\n${character}`, 1), JSON.stringify(character));
  t.end();
});

t.test("trimming leaves what is inside", (t) => {
  t.equal(trim(" \t a b \u00a0"), "a b");
  t.equal(trimStart(" a "), "a ");
  t.equal(trimEnd(" a "), " a");
  t.equal(trim("\ufeff "), "\ufeff");
  t.end();
});

t.test("spaces are skipped up to the end", (t) => {
  t.equal(skipSpaces("a  b", 1), 3);
  t.equal(skipSpaces("a  ", 1), 3);
  t.end();
});
