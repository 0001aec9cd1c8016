import t from "tap";
import {
  addedTo,
  inFieldOrder,
  inheritedConfig,
  initialConfig,
  sorted,
  withCmd,
  withEntrypoint,
  withShell,
} from "../../src/plan/config.ts";

const base = { architecture: "amd64", os: "linux", rootfs: { type: "layers" as const, diff_ids: [] } };
const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

t.test("a stage starts with the base's configuration, a PATH, and no triggers", (t) => {
  t.strictSame(initialConfig(undefined), { Env: [path], WorkingDir: "/" });
  t.strictSame(initialConfig(base), { Env: [path] });
  t.strictSame(initialConfig({ ...base, config: { Env: ["PATH=/x"], User: "u", OnBuild: [] } }), {
    Env: ["PATH=/x"],
    User: "u",
  });
  t.strictSame(inheritedConfig({ Env: ["A=1"], OnBuild: ["RUN x"] }), { Env: ["A=1", path] });
  t.end();
});

t.test("the directory of a base image is cleaned as WORKDIR would", (t) => {
  t.match(initialConfig({ ...base, config: { WorkingDir: "app/../srv/" } }), { WorkingDir: "/srv" });
  t.equal(initialConfig({ ...base, config: { WorkingDir: "" } }).WorkingDir, "");
  t.end();
});

t.test("fields are written in docker's order, whichever instruction came first, and unknown ones are kept", (t) => {
  const config = { Shell: ["s"], Later: 1, Cmd: ["c"], User: "u", Env: ["A=1"] };
  t.strictSame(Object.entries(inFieldOrder(config)), [
    ["User", "u"],
    ["Env", ["A=1"]],
    ["Cmd", ["c"]],
    ["Shell", ["s"]],
    ["Later", 1],
  ]);
  t.end();
});

t.test("the shell form goes to the SHELL, or to /bin/sh", (t) => {
  t.strictSame(withShell({}, "a b"), ["/bin/sh", "-c", "a b"]);
  t.strictSame(withShell({ Shell: [] }, "a"), ["/bin/sh", "-c", "a"]);
  t.strictSame(withShell({ Shell: ["/bin/bash", "-ec"] }, "a"), ["/bin/bash", "-ec", "a"]);
  t.end();
});

t.test("an empty CMD or ENTRYPOINT clears, a new ENTRYPOINT drops an inherited CMD", (t) => {
  t.strictSame(withCmd({ Cmd: ["x"] }, []), { ArgsEscaped: true });
  t.strictSame(withCmd({ Cmd: ["x"] }, ["y"]), { Cmd: ["y"], ArgsEscaped: true });
  t.strictSame(withEntrypoint({ Cmd: ["x"], Entrypoint: ["e"] }, ["f"], false), { Entrypoint: ["f"] });
  t.strictSame(withEntrypoint({ Cmd: ["x"] }, ["f"], true), { Cmd: ["x"], Entrypoint: ["f"] });
  t.strictSame(withEntrypoint({ Entrypoint: ["e"] }, [], false), {});
  t.end();
});

t.test("sets are written in order", (t) => {
  t.strictSame(Object.keys(addedTo({ "b/tcp": {} }, ["c/tcp", "a/tcp", "b/tcp"])), ["a/tcp", "b/tcp", "c/tcp"]);
  t.strictSame(Object.keys(addedTo(undefined, [])), []);
  t.strictSame(Object.entries(sorted({ __proto__x: 1, b: 2, a: 3 })), [["__proto__x", 1], ["a", 3], ["b", 2]]); // prettier-ignore
  t.end();
});
