import fc from "fast-check";
import t from "tap";
import { canonicalJson, type Json } from "../../src/oci/canonical-json.ts";

t.test("the order of members does not show", (t) => {
  t.equal(canonicalJson({ b: 1, a: { d: [2, "x"], c: null } }), canonicalJson({ a: { c: null, d: [2, "x"] }, b: 1 }));
  t.equal(canonicalJson({ b: 1, a: undefined }), `{"b":1}`);
  t.end();
});

t.test("what is written reads back as the same value", (t) => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value);
      return (
        canonicalJson(JSON.parse(text) as Json) === text && JSON.stringify(JSON.parse(text)).length === text.length
      );
    }),
  );
  t.end();
});
