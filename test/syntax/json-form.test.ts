import t from "tap";
import { readJsonForm } from "../../src/syntax/json-form.ts";

t.test("an array of strings is the JSON form, spaces around allowed", (t) => {
  t.strictSame(readJsonForm(' [ "a" , "b\\n" ] '), { kind: "json", items: ["a", "b\n"] });
  t.strictSame(readJsonForm("[]"), { kind: "json", items: [] });
  t.end();
});

t.test("what is no JSON is the other form, silently", (t) => {
  for (const text of ["", "a", "['a']", '["a",]', '["a"', '["a"] b', '{"a":1}', "[ -f x ]", '["\u0001"]'])
    t.strictSame(readJsonForm(text), { kind: "plain" }, text);
  t.end();
});

t.test("an array of other things is an error of its own", (t) => {
  for (const text of ["[1]", '["a", null]', '[["a"]]', "[{}]"])
    t.strictSame(readJsonForm(text), { kind: "mixed" }, text);
  t.end();
});
