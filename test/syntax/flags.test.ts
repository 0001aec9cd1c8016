import t from "tap";
import { splitFlags } from "../../src/syntax/flags.ts";

const split = (text: string, escape: "\\" | "`" = "\\"): [[string, string | undefined][], string] => {
  const { flags, rest } = splitFlags(text, 0, escape);
  return [flags.map(({ name, value }) => [name, value]), text.slice(rest)];
};

t.test("flags are taken off the front", (t) => {
  t.strictSame(split("--a=1 --b  c --d"), [
    [
      ["a", "1"],
      ["b", undefined],
    ],
    "c --d",
  ]);
  t.strictSame(split("--a= x"), [[["a", ""]], "x"]);
  t.strictSame(split("-a x"), [[], "-a x"]);
  t.strictSame(split("--a=b=c"), [[["a", "b=c"]], ""]);
  t.end();
});

t.test("a lone -- ends them", (t) => {
  t.strictSame(split("--a=1 -- --b"), [[["a", "1"]], " --b"]);
  t.strictSame(split("--"), [[], ""]);
  t.end();
});

t.test("quotes and escapes in a value go away", (t) => {
  t.strictSame(split("--a=\"x y\" --b='z' --c=d\\ e f"), [
    [
      ["a", "x y"],
      ["b", "z"],
      ["c", "d e"],
    ],
    "f",
  ]);
  t.strictSame(split("--a=x` y z", "`"), [[["a", "x y"]], "z"]);
  t.end();
});
