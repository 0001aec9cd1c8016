import t from "tap";
import type { LogicalLine } from "../../src/syntax/lines.ts";
import { commentOn, joinLine, rangeIn, takeLine } from "../../src/syntax/lines.ts";
import { readSource } from "../../src/syntax/source.ts";

function join(text: string, escape: "\\" | "`" = "\\"): LogicalLine {
  const cursor = { source: readSource("Dockerfile", text), next: 0 };
  const first = takeLine(cursor);
  if (first === undefined) throw new Error("no line");
  return joinLine(cursor, first, escape);
}

t.test("continuations are joined without the escape character", (t) => {
  t.equal(join("a \\\n  b").text, "a   b");
  t.equal(join("a\\ \t\nb\nc").text, "ab");
  t.equal(join("a `\nb", "`").text, "a b");
  t.equal(join("a \\\n# c\n\n  # d\nb").text, "a b");
  t.equal(join("a \\").text, "a ");
  t.equal(join("\\\nb").text, "b");
  t.equal(join("a \\\\\nb").text, "a \\\\");
  t.equal(join("a \\x\nb").text, "a \\x");
  t.equal(join("  a").text, "a", "the indent of the first line does not count");
  t.end();
});

t.test("offsets of the joined line lead back to the file", (t) => {
  const line = join("  RUN a \\\n# c\n  bb");
  t.equal(line.text, "RUN a   bb");
  t.strictSame(rangeIn(line, 0, 3), { start: { line: 1, column: 3 }, end: { line: 1, column: 6 } });
  t.strictSame(rangeIn(line, 8, 10), { start: { line: 3, column: 3 }, end: { line: 3, column: 5 } });
  t.strictSame(
    rangeIn(line, 4, 6),
    { start: { line: 1, column: 7 }, end: { line: 1, column: 9 } },
    "an end at a seam is on the earlier line",
  );
  t.strictSame(rangeIn(line, 6, 10).start, { line: 3, column: 1 }, "a start at a seam is on the later line");
  t.end();
});

t.test("blank lines inside are told", (t) => {
  t.strictSame(
    join("a \\\n\n \nb").blanks.map(({ start }) => start.line),
    [2, 3],
  );
  t.end();
});

t.test("a comment is a line whose first visible character is #", (t) => {
  t.match(commentOn({ number: 1, text: "  #  x ", ending: "" }), { text: "x" });
  t.equal(commentOn({ number: 1, text: "a # x", ending: "" }), undefined);
  t.end();
});
