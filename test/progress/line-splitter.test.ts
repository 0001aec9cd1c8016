import fc from "fast-check";
import t from "tap";
import { LineSplitter } from "../../src/progress/line-splitter.ts";

function split(...chunks: readonly (string | Uint8Array)[]): readonly string[] {
  const splitter = new LineSplitter();
  const lines = chunks.flatMap((chunk) => splitter.push(typeof chunk === "string" ? Buffer.from(chunk) : chunk));
  return [...lines, ...splitter.end()];
}

t.test("lines end at LF, CR LF and CR", (t) => {
  const cases: readonly (readonly [readonly string[], readonly string[]])[] = [
    [[""], []],
    [["a\nb\n"], ["a", "b"]],
    [
      ["a", "b\nc"],
      ["ab", "c"],
    ],
    [["a\r\nb"], ["a", "b"]],
    [
      ["a\r", "\nb"],
      ["a", "b"],
    ],
    [["a\r\r\nb"], ["a", "b"]],
    [["\n\na"], ["", "", "a"]],
    [["1%\r2%\r3%\n"], ["1%", "2%", "3%"]],
    [["\r1%\r2%"], ["1%", "2%"]],
    [["1%\r"], ["1%"]],
    [
      ["1%\r", "2%"],
      ["1%", "2%"],
    ],
  ];
  for (const [chunks, lines] of cases) t.same(split(...chunks), lines, JSON.stringify(chunks));
  t.end();
});

t.test("characters that arrive in pieces are put together, and what is no UTF-8 is marked", (t) => {
  const bytes = Buffer.from("héllo 😀\n");
  t.same(split(...Array.from(bytes, (byte) => Uint8Array.of(byte))), ["héllo 😀"]);
  t.same(split(Uint8Array.of(0x61, 0xff, 0x0a)), ["a\ufffd"]);
  t.same(split(Uint8Array.of(0x61, 0xc3)), ["a\ufffd"]);
  t.end();
});

t.test("how output is cut into chunks does not matter", (t) => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("a", "é", "\n", "\r") }), fc.array(fc.nat(20)), (text, cuts) => {
      const bytes = Buffer.from(text);
      const bounds = [0, ...cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b), bytes.length];
      const chunks = bounds.slice(1).map((end, index) => bytes.subarray(bounds[index], end));
      t.same(split(...chunks), split(bytes));
    }),
  );
  t.end();
});

t.test("a line without an end is handed out in pieces, and no character is lost", (t) => {
  const text = "😀".repeat(100_000);
  const lines = split("x", text);
  t.ok(lines.length > 1);
  t.ok(lines.every((line) => line.length <= 64 * 1024));
  t.equal(lines.join(""), `x${text}`);
  t.end();
});
