import t from "tap";
import { isSignal, signalNames } from "../../src/plan/signals.ts";

t.test("numbers and names are signals, with and without SIG, in any case", (t) => {
  for (const text of ["9", "SIGTERM", "term", "sigKill", "SIGRTMIN+3", "RTMAX-14", "RTMIN", "64"])
    t.ok(isSignal(text), text);
  for (const text of ["", "0", "SIG", "SIGNOPE", "TERM ", "RTMIN+16", "RTMAX-15", "1.5"]) t.notOk(isSignal(text), text);
  t.ok(signalNames.has("WINCH"));
  t.end();
});
