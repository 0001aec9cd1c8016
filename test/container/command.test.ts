import t from "tap";
import { commandLine, containerEnvironment } from "../../src/container/command.ts";

const image = { Entrypoint: ["/entry", "-e"], Cmd: ["serve"] };

t.test("entrypoint and command combine as docker does it", (t) => {
  t.same(commandLine(image, { command: [] }), ["/entry", "-e", "serve"]);
  t.same(commandLine(image, { command: ["ping", "x"] }), ["/entry", "-e", "ping", "x"]);
  t.same(
    commandLine(image, { command: [], entrypoint: "/bin/sh" }),
    ["/bin/sh"],
    "an entrypoint drops the image's CMD",
  );
  t.same(commandLine(image, { command: ["-c", "id"], entrypoint: "/bin/sh" }), ["/bin/sh", "-c", "id"]);
  t.same(commandLine(image, { command: ["id"], entrypoint: "" }), ["id"]);
  t.same(commandLine({ Cmd: ["bash"] }, { command: [] }), ["bash"]);
  t.same(commandLine({ Entrypoint: null, Cmd: null }, { command: [] }), []);
  t.end();
});

t.test("variables: the user's win, a bare name takes the caller's value or is left out", (t) => {
  const env = containerEnvironment({ Env: ["A=1", "PATH=/bin"] }, ["A=2", "B=x=y", "HELD", "UNSET"], { HELD: "h" });
  t.same(env, ["A=2", "PATH=/bin", "B=x=y", "HELD=h"]);
  t.match(containerEnvironment({}, [], {}), [/^PATH=/]);
  t.end();
});
