import t from "tap";
import { linesOf, rangeOfLine, readSource } from "../../src/syntax/source.ts";

t.test("a text is split into lines with their endings", (t) => {
  const { lines } = readSource("Dockerfile", "a\nb\r\n\nc");
  t.strictSame(
    lines.map(({ number, text, ending }) => [number, text, ending]),
    [
      [1, "a", "\n"],
      [2, "b", "\r\n"],
      [3, "", "\n"],
      [4, "c", ""],
    ],
  );
  t.strictSame(readSource("Dockerfile", "").lines, []);
  t.strictSame(readSource("Dockerfile", "\r\n").lines, [{ number: 1, text: "", ending: "\r\n" }]);
  t.end();
});

t.test("a byte order mark does not count, in text and in bytes", (t) => {
  t.equal(readSource("Dockerfile", "\ufeffFROM a").text, "FROM a");
  t.equal(readSource("Dockerfile", new TextEncoder().encode("\ufeffFROM a")).text, "FROM a");
  t.end();
});

t.test("lines that are not UTF-8 are told, a replacement character that was written is not", (t) => {
  const bytes = new Uint8Array([97, 10, 0xff, 10, 0xef, 0xbf, 0xbd, 10, 0xc3]);
  t.strictSame([...readSource("Dockerfile", bytes).undecodable], [2, 4]);
  t.end();
});

t.test("ranges count lines and columns from 1", (t) => {
  const [line] = readSource("Dockerfile", "ab\n").lines;
  const range = rangeOfLine(line ?? { number: 0, text: "", ending: "" });
  t.strictSame(range, { start: { line: 1, column: 1 }, end: { line: 1, column: 3 } });
  t.strictSame(linesOf(range), { start: 1, end: 1 });
  t.end();
});
