import t from "tap";
import { plainList, quotedList } from "../../src/plan/go-format.ts";

t.test("lists look as Go's %q and %v show them", (t) => {
  t.equal(quotedList([]), "[]");
  t.equal(quotedList(["a", "b c"]), '["a" "b c"]');
  t.equal(quotedList(['"', "\\", "\n\t\r\x07", "\x00\x1b\x7f"]), '["\\"" "\\\\" "\\n\\t\\r\\a" "\\x00\\x1b\\x7f"]');
  t.equal(quotedList(["é 日 😀", "\u00a0\u200b\ufeff\u2028"]), '["é 日 😀" "\\u00a0\\u200b\\ufeff\\u2028"]');
  t.equal(quotedList(["\u{e0001}"]), '["\\U000e0001"]');
  t.equal(plainList(["/bin/bash", "-c"]), "[/bin/bash -c]");
  t.equal(plainList([]), "[]");
  t.end();
});
