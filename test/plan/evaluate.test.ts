import t from "tap";
import { planText, stepsOf } from "./plan-text.ts";

t.test("an instruction uses the values from before it", (t) => {
  t.match(stepsOf("ENV a=1\nENV a=2 b=$a\n").at(-1), { kind: "metadata", createdBy: "ENV a=2 b=1" });
  t.match(stepsOf("ARG a=1 b=$a\n").at(-1), { createdBy: "ARG a=1 b=1" }, "but ARG sees the ones to its left");
  t.end();
});

t.test("WORKDIR is a step of its own, and none for the root", (t) => {
  const steps = stepsOf("USER u\nWORKDIR a\nWORKDIR b/\nWORKDIR /\n");
  t.match(steps.slice(1), [
    { kind: "workdir", path: "/a", user: "u" },
    { kind: "workdir", path: "/a/b" },
    { kind: "metadata", createdBy: "WORKDIR /" },
  ]);
  t.end();
});

t.test("RUN runs as the user, in the directory, with ENV and ARG", (t) => {
  const [, , , , step] = stepsOf("USER u:g\nWORKDIR /w\nENV e=1\nARG a=2\nRUN x $e $u\n");
  t.match(step, {
    kind: "run",
    user: "u:g",
    cwd: "/w",
    env: [/^PATH=/, "e=1", "a=2"],
    title: "RUN x 1 $u",
    lines: { start: 6, end: 6 },
  });
  t.end();
});

t.test("names that expand to nothing and values that are none are refused", (t) => {
  for (const text of ["ENV $u=1", "VOLUME $u", "STOPSIGNAL $u", "EXPOSE x", "STOPSIGNAL SIGX"])
    t.throws(() => stepsOf(text), { code: "argument-invalid" }, text);
  for (const text of ["WORKDIR ${", 'USER "', "LABEL a='"])
    t.throws(() => stepsOf(text), { code: "expansion-invalid" }, text);
  t.end();
});

t.test("the configuration gathers what the instructions set", (t) => {
  const { config, author } =
    planText(
      "FROM scratch\nENV a=1\nEXPOSE 2 1\nVOLUME /b /a\nLABEL b=1 a=2\nLABEL b=3\nUSER u\nSTOPSIGNAL 9\nMAINTAINER m\nHEALTHCHECK NONE\n",
    ).stages[0] ?? {};
  t.match(config, {
    Env: [/^PATH=/, "a=1"],
    ExposedPorts: { "1/tcp": {}, "2/tcp": {} },
    Volumes: { "/a": {}, "/b": {} },
    Labels: { a: "2", b: "3" },
    User: "u",
    StopSignal: "9",
    Healthcheck: { Test: ["NONE"] },
  });
  t.strictSame(Object.keys(config?.Labels ?? {}), ["a", "b"]);
  t.equal(author, "m");
  t.end();
});
