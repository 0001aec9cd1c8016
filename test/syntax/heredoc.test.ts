import t from "tap";
import { contentOf, heredocMarks, parseHeredocMark, readHeredoc } from "../../src/syntax/heredoc.ts";
import { readSource } from "../../src/syntax/source.ts";

const mark = (word: string): unknown[] | undefined => {
  const found = parseHeredocMark(word);
  return found && [found.name, found.descriptor, found.stripTabs, found.expand];
};

t.test("a heredoc word is read with its descriptor, dash and quotes", (t) => {
  t.strictSame(mark("<<EOF"), ["EOF", 0, false, true]);
  t.strictSame(mark("3<<-EOF"), ["EOF", 3, true, true]);
  t.strictSame(mark("<< EOF"), ["EOF", 0, false, true]);
  t.strictSame(mark("<<'E O'"), ["E O", 0, false, false]);
  t.strictSame(mark('<<"EOF"x'), ["EOFx", 0, false, false]);
  t.strictSame(mark("<<\\EOF"), ["EOF", 0, false, true]);
  t.end();
});

t.test("what looks like a heredoc and is none", (t) => {
  for (const word of ["<<", "<<-", "<<<x", "<EOF", "a<<EOF", "<<a b", "<<'open", "EOF"])
    t.equal(mark(word), undefined, word);
  t.end();
});

t.test("several heredocs of a line come in order", (t) => {
  t.strictSame(
    heredocMarks("cat <<A 3<<-B >x \"<<C\" '<<D'").map(({ name }) => name),
    ["A", "B"],
  );
  t.strictSame(heredocMarks("echo it's <<A"), []);
  t.end();
});

t.test("the body ends at a line that is the name, tabs in front only with a dash", (t) => {
  const read = (word: string, text: string): string | undefined => {
    const found = parseHeredocMark(word);
    const heredoc = found && readHeredoc({ source: readSource("Dockerfile", text), next: 0 }, found);
    return heredoc && contentOf(heredoc);
  };
  t.equal(read("<<E", "a\r\n E\n\tE\nE\nb"), "a\r\n E\n\tE\n");
  t.equal(read("<<-E", "\ta\n\t\tb\n  c\n\tE\n"), "a\nb\n  c\n");
  t.equal(read("<<E", "E\r\n"), "");
  t.equal(read("<<E", "a\nEE"), undefined);
  t.equal(read("<<E", ""), undefined);
  t.end();
});
