import t from "tap";
import { located, OciBuildError } from "../src/errors.ts";

const place = { file: "Dockerfile", text: "FROM x\nCOPY ab b \\\n  a /b\n", lines: { start: 2, end: 3 } };

t.test("what the message quotes is underlined where the lines hold it as a word", (t) => {
  const range = (message: string, piece?: string): unknown =>
    (located(new OciBuildError("c", message), place, piece) as OciBuildError).excerpt?.range;
  t.strictSame(range('"a": not found'), { start: { line: 3, column: 3 }, end: { line: 3, column: 4 } });
  t.strictSame(range("no quotes", "b"), { start: { line: 2, column: 9 }, end: { line: 2, column: 10 } });
  t.equal(range('"x": not found'), undefined, "x stands on another line");
  t.equal(range("nothing quoted"), undefined);
  t.end();
});

t.test("an error keeps the place that it has, and everything else", (t) => {
  const cause = new Error("why");
  const error = new OciBuildError("c", "m", { hint: "h", cause, output: "o" });
  const there = located(error, place);
  t.match(there, { code: "c", message: "m", hint: "h", cause, output: "o", stack: error.stack, excerpt: place });
  t.equal(located(there, { ...place, file: "other" }), there);
  t.equal(located(cause, place), cause);
  t.end();
});
