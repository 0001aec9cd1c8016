import t from "tap";
import { readOne } from "./read-one.ts";

t.test("HEALTHCHECK has a command and its timing in nanoseconds, zero left out", (t) => {
  t.match(readOne("HEALTHCHECK --interval=1m --timeout=0 --retries=2 cmd curl x"), {
    healthcheck: { Test: ["CMD-SHELL", "curl x"], Interval: 60e9, Retries: 2 },
  });
  t.match(readOne('HEALTHCHECK CMD ["a", "b"]'), { healthcheck: { Test: ["CMD", "a", "b"] } });
  t.strictSame(
    Object.keys((readOne("HEALTHCHECK --timeout=0 CMD a") as unknown as { healthcheck: object }).healthcheck),
    ["Test"],
  );
  t.match(readOne("HEALTHCHECK --timeout=1s NONE"), { healthcheck: { Test: ["NONE"] } });
  t.end();
});

t.test("anything else is refused", (t) => {
  for (const line of [
    "HEALTHCHECK",
    "HEALTHCHECK CMD",
    "HEALTHCHECK CMD []",
    "HEALTHCHECK HTTP x",
    "HEALTHCHECK NONE x",
    "HEALTHCHECK --interval=1 CMD a",
    "HEALTHCHECK --interval=1us CMD a",
    "HEALTHCHECK --retries=x CMD a",
    "HEALTHCHECK --retries=-1 CMD a",
  ])
    t.throws(() => readOne(line), { code: "argument-invalid" }, line);
  t.throws(() => readOne("HEALTHCHECK --timeuot=1s NONE"), { code: "flag-unknown" });
  t.end();
});
