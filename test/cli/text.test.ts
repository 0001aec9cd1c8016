import t from "tap";
import { formatAge } from "../../src/cli/age.ts";
import { storeRoot } from "../../src/cli/store-root.ts";
import { renderTable } from "../../src/cli/table.ts";
import { readVariables } from "../../src/cli/variables.ts";
import { wrap } from "../../src/cli/wrap.ts";

t.test("ages are told in the largest unit", (t) => {
  const now = Date.parse("2026-11-23T12:00:00Z");
  const cases = {
    "2026-11-23T11:59:30Z": "moments ago",
    "2026-11-23T11:58:59Z": "1 minute ago",
    "2026-11-23T09:00:00Z": "3 hours ago",
    "2026-11-22T12:00:00Z": "1 day ago",
    "2026-11-01T12:00:00Z": "3 weeks ago",
    "2026-08-01T12:00:00Z": "3 months ago",
    "2020-01-01T00:00:00Z": "6 years ago",
    "2030-01-01T00:00:00Z": "moments ago",
    "1970-01-01T00:00:00Z": "1970 (fixed)",
    nonsense: "N/A",
  };
  for (const [time, age] of Object.entries(cases)) t.equal(formatAge(time, now), age, time);
  t.equal(formatAge(undefined, now), "N/A");
  t.end();
});

t.test("the store is where the flag or the environment says", (t) => {
  t.equal(storeRoot("/x", { XDG_DATA_HOME: "/data", HOME: "/home/me" }), "/x");
  t.equal(storeRoot(undefined, { XDG_DATA_HOME: "/data", HOME: "/home/me" }), "/data/oci-build");
  t.equal(storeRoot(undefined, { XDG_DATA_HOME: "data", HOME: "/home/me" }), "/home/me/.local/share/oci-build");
  t.equal(storeRoot("x", {}), `${process.cwd()}/x`);
  t.end();
});

t.test("a name without a value takes it from the environment, or is left out", (t) => {
  const variables = readVariables("-e", ["A=1", "B", "C", "D=", "A=2=3"], { B: "from outside" });
  t.same(
    [...variables],
    [
      ["A", "2=3"],
      ["B", "from outside"],
      ["D", ""],
    ],
  );
  t.throws(() => readVariables("-e", ["=x"], {}), { code: "usage", message: '-e: "=x" has no name' });
  t.end();
});

t.test("text is wrapped at spaces and tables have straight columns", (t) => {
  t.same(wrap("one two three", 7), ["one two", "three"]);
  t.same(wrap("incomprehensible x", 5), ["incomprehensible", "x"]);
  t.equal(
    renderTable([
      ["A", "LONG", "C"],
      ["aaaa", "b", ""],
    ]),
    "A      LONG   C\naaaa   b\n",
  );
  t.end();
});
