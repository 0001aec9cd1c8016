import fc from "fast-check";
import t from "tap";
import { formatDuration, parseDuration } from "../../src/instructions/duration.ts";

t.test("durations are read as Go reads them", (t) => {
  const rows: readonly [string, number | undefined][] = [
    ["0", 0],
    ["5s", 5e9],
    ["1m30s", 90e9],
    ["1.5h", 5400e9],
    ["100ms", 1e8],
    [".5s", 5e8],
    ["1us", 1000],
    ["1µs", 1000],
    ["-1s", -1e9],
    ["5", undefined],
    ["", undefined],
    ["s", undefined],
    ["1 s", undefined],
    ["1d", undefined],
  ];
  for (const [text, nanoseconds] of rows) t.equal(parseDuration(text), nanoseconds, text);
  t.end();
});

t.test("durations are written as Go writes them", (t) => {
  const rows: readonly [number, string][] = [
    [0, "0s"],
    [5e9, "5s"],
    [90e9, "1m30s"],
    [3600e9, "1h0m0s"],
    [1.5e9, "1.5s"],
    [1.5e6, "1.5ms"],
    [1500, "1.5µs"],
    [7, "7ns"],
    [-5e9, "-5s"],
  ];
  for (const [nanoseconds, text] of rows) t.equal(formatDuration(nanoseconds), text);
  t.end();
});

t.test("what is written is read back", (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1e14 }),
      (value) => Math.abs((parseDuration(formatDuration(value)) ?? NaN) - value) <= 1,
    ),
  );
  t.end();
});
