import t from "tap";
import { splitBlanks, splitQuoted, splitShell } from "../../src/syntax/words.ts";

t.test("plain words are split at blanks, quotes mean nothing", (t) => {
  t.strictSame(splitBlanks("a  b\t'c d'"), ["a", "b", "'c", "d'"]);
  t.strictSame(splitBlanks(""), []);
  t.end();
});

t.test("quotes and escapes protect blanks and stay", (t) => {
  t.strictSame(splitQuoted('a=1 b=\'x y\' c="x \\" y" d=x\\ y', "\\"), ["a=1", "b='x y'", 'c="x \\" y"', "d=x\\ y"]);
  t.strictSame(splitQuoted("a=` b C:\\x", "`"), ["a=` b", "C:\\x"]);
  t.strictSame(splitQuoted("'' x", "\\"), ["''", "x"]);
  t.strictSame(splitQuoted("'a\\' b", "\\"), ["'a\\'", "b"], "nothing escapes in single quotes");
  t.strictSame(splitQuoted("a b\\", "\\"), ["a", "b"]);
  t.strictSame(splitQuoted('"open a', "\\"), ['"open a']);
  t.end();
});

t.test("a shell line keeps quotes, and blanks behind << do not split", (t) => {
  t.strictSame(splitShell('cat << EOF \'a b\' "c \\" d" e\\ f'), ["cat", "<< EOF", "'a b'", '"c \\" d"', "e\\ f"]);
  t.strictSame(splitShell("a<b <<<c"), ["a<b", "<<<c"]);
  t.equal(splitShell("it's"), undefined);
  t.equal(splitShell('a "b'), undefined);
  t.end();
});
