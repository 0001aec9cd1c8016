import fc from "fast-check";
import t from "tap";
import { formatBytes } from "../../src/progress/byte-size.ts";
import { formatDuration, formatSeconds } from "../../src/progress/duration.ts";
import { printable } from "../../src/progress/terminal-text.ts";
import { textWidth, truncate } from "../../src/progress/text-width.ts";

t.test("durations are short", (t) => {
  const cases: readonly (readonly [number, string])[] = [
    [0, "0.0s"],
    [99, "0.0s"],
    [150, "0.1s"],
    [59_999, "59.9s"],
    [60_000, "1m00s"],
    [125_900, "2m05s"],
    [3_599_999, "59m59s"],
    [3_720_000, "1h02m"],
    [360_000_000, "100h00m"],
  ];
  for (const [milliseconds, text] of cases) t.equal(formatDuration(milliseconds), text, String(milliseconds));
  t.equal(formatSeconds(12_345, 1), "12.3");
  t.equal(formatSeconds(1, 3), "0.001");
  t.end();
});

t.test("sizes have three digits", (t) => {
  const cases: readonly (readonly [number, string])[] = [
    [0, "0B"],
    [999, "999B"],
    [1000, "1kB"],
    [1234, "1.23kB"],
    [999_499, "999kB"],
    [999_500, "1MB"],
    [45_200_000, "45.2MB"],
    [170_000_000, "170MB"],
    [5_000_000_000, "5GB"],
  ];
  for (const [bytes, text] of cases) t.equal(formatBytes(bytes), text, String(bytes));
  t.end();
});

t.test("columns are counted as terminals count them", (t) => {
  const cases = {
    "": 0,
    abc: 3,
    é: 1,
    "e\u0301": 1,
    日本: 4,
    한: 2,
    ｱ: 1,
    Ａ: 2,
    "😀": 2,
    "a\u200bb": 2,
    "…": 1,
    "─": 1,
    "→": 1,
  };
  for (const [text, width] of Object.entries(cases)) t.equal(textWidth(text), width, text);
  t.end();
});

t.test("a truncated text fits and is a start of the whole", (t) => {
  t.equal(truncate("abcdef", 6), "abcdef");
  t.equal(truncate("abcdef", 5), "abcd…");
  t.equal(truncate("日本語", 4), "日…");
  t.equal(truncate("abc", 0), "");
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.nat(30), (text, columns) => {
      const cut = truncate(text, columns);
      return textWidth(cut) <= columns && (cut === text || cut === "" || text.startsWith(cut.slice(0, -1)));
    }),
  );
  t.end();
});

t.test("printable text holds nothing that moves a cursor", (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ["\u001b[1;31mred\u001b[0m", "red"],
    ["\u001b]8;;http://x\u001b\\link\u001b]8;;\u0007", "link"],
    ["\u001b(B\u001b=x", "x"],
    ["a\tb", "a       b"],
    ["a\b\u0000\u007f\u009bb", "ab"],
    ["\u001b", ""],
    ["\u001bPdevice\u001b\\x", "x"],
  ];
  for (const [text, plain] of cases) t.equal(printable(text), plain, JSON.stringify(text));
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(..."\u001b[]0;m\\\u0007\ta\u009b\r\n?P".split("")) }),
      // oxlint-disable-next-line no-control-regex -- they are what must not be there
      (text) => !/[\u0000-\u001f\u007f-\u009f]/.test(printable(text)),
    ),
  );
  t.end();
});
