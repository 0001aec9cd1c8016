import t from "tap";
import { OciBuildError } from "../../src/errors.ts";
import type { Mount } from "../../src/plan/mount.ts";
import type { CopyPart, CopyStep, Plan, RunStep } from "../../src/plan/step.ts";
import { buildWith, copy, FakeExecutor, files, label, layer, planOf, run } from "./fake-executor.ts";

t.test("a second build of the same runs nothing and says cached for each step", async (t) => {
  const executor = new FakeExecutor();
  const plan = planOf([run("a"), label, copy()]);
  await buildWith(executor, plan);
  t.same(executor.done, ["RUN a", "COPY . /"]);
  const events = await buildWith(executor, plan);
  t.same(executor.done, []);
  t.same(
    events.flatMap((e) => (e.kind === "step-finished" ? [e.outcome.kind] : [])),
    ["cached", "cached"],
  );
});

t.test("an instruction put in front of another runs that one again, and all behind it", async (t) => {
  const executor = new FakeExecutor();
  await buildWith(executor, planOf([run("a"), run("b"), run("c")]));
  await buildWith(executor, planOf([run("a"), run("new"), run("b"), run("c")]));
  t.same(executor.done, ["RUN new", "RUN b", "RUN c"]);
});

t.test("a changed context runs the COPY and what stands behind it, not what stands before", async (t) => {
  const executor = new FakeExecutor();
  executor.effect = (step) => `${step.title} ${step.kind === "copy" ? executor.content : ""}`;
  const plan = planOf([run("a"), copy(), run("b")]);
  await buildWith(executor, plan);
  executor.content = "content 2";
  await buildWith(executor, plan);
  t.same(executor.done, ["COPY . /", "RUN b"]);
});

t.test("a step that ran again to the same result does not disturb the steps behind it", async (t) => {
  const executor = new FakeExecutor();
  const plan = planOf([copy(), run("b")]);
  await buildWith(executor, plan);
  executor.content = "content 2";
  await buildWith(executor, plan);
  t.same(executor.done, ["COPY . /"]);
});

t.test("what counts in a RUN's key and what does not", async (t) => {
  const changes: readonly [string, Partial<RunStep>, boolean][] = [
    ["command", { argv: ["/bin/sh", "-c", "other"] }, true],
    ["environment", { env: ["A=1"] }, true],
    ["directory", { cwd: "/x" }, true],
    ["user", { user: "nobody" }, true],
    ["network", { network: "none" }, true],
    ["names of extra hosts", { extraHosts: ["a"] }, true],
    ["proxies", { unkeyedEnv: ["http_proxy=http://x"] }, false],
    ["title and line", { title: "RUN a", lines: { start: 7, end: 9 } }, false],
  ];
  for (const [what, change, counts] of changes) {
    const executor = new FakeExecutor();
    await buildWith(executor, planOf([run("a")]));
    await buildWith(executor, planOf([run("a", change)]));
    t.equal(executor.done.length, counts ? 1 : 0, what);
  }
  const executor = new FakeExecutor();
  await buildWith(executor, planOf([label, run("a")]));
  await buildWith(executor, planOf([run("a"), label]));
  t.same(executor.done, [], "labels around it");
  await buildWith(executor, planOf([run("a")]), { epoch: 1 });
  t.same(executor.done, ["RUN a"], "the epoch that its files are clamped to");
});

t.test("--no-cache runs everything and still remembers", async (t) => {
  const executor = new FakeExecutor();
  const plan = planOf([run("a")]);
  await buildWith(executor, plan);
  await buildWith(executor, plan, { noCache: true });
  t.same(executor.done, ["RUN a"]);
  await buildWith(executor, plan);
  t.same(executor.done, []);
});

t.test("COPY --from another stage copies from what that stage came to", async (t) => {
  const executor = new FakeExecutor();
  const plan = planOf([run("a")], [copy({ parts: [files({ kind: "stage", stage: 0 })] })]);
  await buildWith(executor, plan);
  t.same(executor.done, ["RUN a", "COPY . /"]);
  t.same(executor.ready, [layer("COPY . /")], "only the target's layers are wanted packed");
});

t.test("COPY --link is made on nothing and survives a new base, until its owner means another number", async (t) => {
  const executor = new FakeExecutor();
  const linked = copy({ link: true });
  await buildWith(executor, planOf([run("a"), linked, run("b")]));
  t.same(executor.chains[1], [], "not on what RUN left");
  t.equal(executor.chains[2]?.length, 2, "which is below what follows all the same");
  await buildWith(executor, planOf([run("other base"), linked, run("b")]));
  t.same(executor.done, ["RUN other base", "RUN b"]);

  const named = copy({ link: true, owner: "www" });
  executor.owners = () => "33:33";
  await buildWith(executor, planOf([run("a"), named]));
  await buildWith(executor, planOf([run("c"), named]));
  t.same(executor.done, ["RUN c"], "www has the same number");
  executor.owners = () => "82:82";
  await buildWith(executor, planOf([run("d"), named]));
  t.same(executor.done, ["RUN d", "COPY . /"], "www has another number");
});

t.test("what counts in a COPY's key and what does not", async (t) => {
  const inline = (content: string, name = "E"): CopyPart => ({ kind: "inline", file: { name, content } });
  const context = files({ kind: "context" });
  const changes: readonly [string, Partial<CopyStep>, boolean][] = [
    ["destination", { destination: "/x" }, true],
    ["owner", { owner: "1" }, true],
    ["mode", { mode: "755" }, true],
    ["--link", { link: true }, true],
    ["--parents", { parts: [{ ...context, parents: true } as CopyPart] }, true],
    ["unpacking", { parts: [{ ...context, unpack: true } as CopyPart] }, true],
    ["one more part", { parts: [context, inline("a")] }, true],
    ["title and line", { title: "COPY ./ /", lines: { start: 7, end: 9 } }, false],
    ["other spellings of the same files", { parts: [{ ...context, patterns: ["./."] } as CopyPart] }, false],
  ];
  for (const [what, change, counts] of changes) {
    const executor = new FakeExecutor();
    await buildWith(executor, planOf([copy()]));
    await buildWith(executor, planOf([copy(change)]));
    t.equal(executor.done.length, counts ? 1 : 0, what);
  }
  const executor = new FakeExecutor();
  await buildWith(executor, planOf([copy({ parts: [inline("a"), inline("b", "F")] })]));
  await buildWith(executor, planOf([copy({ parts: [inline("b", "F"), inline("a")] })]));
  t.equal(executor.done.length, 1, "the order of the parts");
});

t.test("a step that fails says where it stands in the Dockerfile", async (t) => {
  const executor = new FakeExecutor();
  executor.execute = () => Promise.reject(new OciBuildError("run-failed", "exit code: 3", { output: "oh no" }));
  const plan = planOf([run("false", { lines: { start: 4, end: 5 } })]);
  await t.rejects(buildWith(executor, plan), {
    code: "run-failed",
    output: "oh no",
    excerpt: { file: "Dockerfile", lines: { start: 4, end: 5 } },
  });
});

t.test("a bind mount counts by what it shows, not by the stage that made it (traps 97 and 100)", async (t) => {
  const executor = new FakeExecutor();
  const bind: Mount = { kind: "bind", from: { kind: "stage", stage: 0 }, source: "/", target: "/x", writable: false };
  const plan = (command: string, mount: Mount = bind): Plan =>
    planOf([run(command)], [run("use", { mounts: [mount] })]);
  executor.effect = ({ title }) => (title.startsWith("RUN made") ? "the same" : title);
  await buildWith(executor, plan("made one way"));
  await buildWith(executor, plan("made another way"));
  t.same(executor.done, ["RUN made another way"], "the same files from another command run nothing");
  await buildWith(executor, plan("other files"));
  t.same(executor.done, ["RUN other files", "RUN use"]);
  await buildWith(executor, plan("other files", { ...bind, target: "/y" }));
  t.same(executor.done, ["RUN use"], "the place of the mount counts");
  const context = { ...bind, from: { kind: "context" } } as const;
  await buildWith(executor, plan("other files", context));
  await buildWith(executor, plan("other files", context));
  t.same(executor.done, []);
  executor.content = "content 2";
  await buildWith(executor, plan("other files", context));
  t.same(executor.done, ["RUN use"], "a changed file of the context counts");
});

t.test("of a cache, a secret and an agent only where they are mounted counts (trap 97)", async (t) => {
  const executor = new FakeExecutor();
  const access = { uid: 0, gid: 0, mode: 0o400 };
  const secret: Mount = { kind: "secret", id: "a", target: "/s", required: false, access };
  const ssh: Mount = { kind: "ssh", id: "default", first: true, target: "/a", required: false, access };
  const cache: Mount = { kind: "cache", id: "c", target: "/c", sharing: "shared", readOnly: false };
  const plan = (...mounts: Mount[]): Plan => planOf([run("use", { mounts })]);
  await buildWith(executor, plan(secret, ssh, cache));
  const again = [
    { ...secret, required: true },
    { ...ssh, required: true },
    { ...cache, sharing: "locked" },
  ] as const;
  await buildWith(executor, plan(...again));
  t.same(executor.done, []);
  for (const other of [
    { ...secret, id: "b" },
    { ...secret, env: "S" },
    { ...ssh, target: "/b" },
    { ...cache, id: "d" },
  ]) {
    await buildWith(executor, plan(other, ssh, cache));
    t.same(executor.done, ["RUN use"], JSON.stringify(other));
  }
});

t.test("the script of a heredoc with a shebang is part of the key (trap 103)", async (t) => {
  const executor = new FakeExecutor();
  const plan = (content: string): Plan => planOf([run("EOF", { script: { path: "/dev/pipes/EOF", content } })]);
  await buildWith(executor, plan("#!/bin/a"));
  await buildWith(executor, plan("#!/bin/a"));
  t.same(executor.done, []);
  await buildWith(executor, plan("#!/bin/b"));
  t.same(executor.done, ["RUN EOF"]);
});
