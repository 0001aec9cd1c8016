import t from "tap";
import { differingFields } from "../../src/compare/fields.ts";

void t.test("two JSON values differ in members, each told by its place", (t) => {
  for (const [before, after, ...expected] of [
    [{ a: 1 }, { a: 1 }],
    [
      { a: 1, b: [] },
      { b: [], a: 1 },
    ],
    [{ a: 1 }, { a: "1" }, { path: "a", before: 1, after: "1" }],
    [
      { a: { b: [1, 2] } },
      { a: { b: [1, 3, 4] } },
      { path: "a.b[1]", before: 2, after: 3 },
      { path: "a.b[2]", after: 4 },
    ],
    [{ "x.y": 1, "": 2 }, {}, { path: '["x.y"]', before: 1 }, { path: '[""]', before: 2 }],
    [{ a: [] }, { a: {} }, { path: "a", before: [], after: {} }],
    [{ a: null }, {}, { path: "a", before: null }],
    [{ a: { b: 1 } }, { a: { "c d": 1 } }, { path: "a.b", before: 1 }, { path: 'a["c d"]', after: 1 }],
    [1, 2, { path: "", before: 1, after: 2 }],
  ] as const) {
    const found = differingFields(before, after, "config");
    t.same(
      found,
      expected.map((one) => ({ kind: "config", ...one })),
      JSON.stringify([before, after]),
    );
  }
  t.end();
});
