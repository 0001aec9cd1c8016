import t from "tap";
import { commentedCheckOptions, readCheckOptions } from "../../src/syntax/check-options.ts";

const none = { skip: [], experimental: [], error: false };

t.test("check options are read with blanks and Go's truth values", (t) => {
  t.strictSame(readCheckOptions(" "), none);
  t.strictSame(readCheckOptions("skip=A, B ; error = T;experimental=all"), {
    skip: ["A", "B"],
    experimental: ["all"],
    error: true,
  });
  t.strictSame(readCheckOptions("error=0"), none);
  for (const text of ["skip", "sikp=A", "error=yes", "skip=A;"]) t.match(readCheckOptions(text), { fault: /invalid/ });
  t.end();
});

t.test("a comment above an instruction is an option as far as its first blank", (t) => {
  t.strictSame(commentedCheckOptions(["why", "check=skip=A,B // because"]), { ...none, skip: ["A", "B"] });
  t.strictSame(commentedCheckOptions(["Check = skip=A"]), { ...none, skip: ["A"] });
  for (const comments of [[], ["why"], ["check=nonsense"], ["checks=skip=A"]])
    t.equal(commentedCheckOptions(comments), undefined);
  t.end();
});
