import t from "tap";
import { startBases } from "../support/bases.ts";
import { isRoot } from "../support/checkout.ts";
import { programFor } from "../support/cli.ts";
import { type Project, project } from "../support/project.ts";
import { asUser, type UserName } from "../support/users.ts";

t.test("a shell where a step stands", async (t) => {
  const { busybox } = await startBases(t);
  const user: UserName = isRoot ? "ocib-subids" : "self";
  const dockerfile = [
    `FROM ${busybox} AS first`,
    "RUN echo one > /one",
    "WORKDIR /work",
    "ENV NAME=value",
    "RUN --mount=type=cache,target=/cache echo 'a  b' > half; cat /missing",
    "COPY two /two",
  ].join("\n");
  const make = (): Project => project(t, { Dockerfile: dockerfile }, user);

  await t.test("debug shell stands in the state before the step, with what the step would have", async (t) => {
    for (const isolation of ["bwrap", "chroot"]) {
      const p = make();
      const input = "pwd; echo $NAME; ls -d /one /cache half; /run/oci-build/step; cat half; touch /gone\n";
      const args = ["--step", "first:4", "--isolation", isolation, p.context];
      const shell = await p.command("debug shell", args, { input });
      t.equal(shell.code, 0, shell.stderr);
      t.equal(shell.stdout, "/work\nvalue\n/cache\n/one\na  b\n", shell.stderr);
      t.match(shell.stderr, /ls: half: No such file/);
      t.match(shell.stderr, /cat: can't open '\/missing'/, "the step was repeated");
      const again = await p.command("debug shell", args, { input: "ls /gone /run/oci-build\n" });
      t.match(again.stderr, /ls: \/gone: No such file/, "what was changed is thrown away");
    }
  });

  await t.test("a step that the cache has can be looked at, too, and COPY as well", async (t) => {
    const p = make();
    const shell = (step: string) => p.command("debug shell", ["--step", step, p.context], { input: "ls /one\n" });
    t.match((await shell("RUN echo one")).stderr, /ls: \/one: No such file/);
    t.match((await shell("RUN echo one")).stderr, /ls: \/one: No such file/);
    t.equal((await shell("WORKDIR")).stdout, "/one\n");
    const unknown = await shell("RUN nothing");
    t.equal(unknown.code, 1);
    t.match(unknown.stderr, /--step: this build has no step "RUN nothing"/);
  });

  await t.test("--on-error=shell says how to get there when nobody sits at a terminal", async (t) => {
    const p = make();
    const { code, stderr } = await p.build(["--on-error=shell"]);
    t.equal(code, 1);
    t.match(stderr, `oci-build debug shell --step first:4 ${p.context}`);
    t.match(stderr, /error: process .* exit code: 1/);
  });

  await t.test("--on-error=shell opens it at a terminal, and the build has failed all the same", async (t) => {
    const p = make();
    const argv = [...programFor(user), "build", "--on-error=shell", "--root", p.store, p.context];
    // The first bytes that a terminal gets may come before the shell reads: they wait in it.
    const line = `${argv.map((word) => `'${word}'`).join(" ")}; echo ended with $?`;
    const typed = "tty; ls /one half\rexit\r";
    const { stdout } = await asUser(user, ["script", "--quiet", "--command", line, "/dev/null"], { input: typed });
    t.match(stdout, /this shell stands before RUN --mount=type=cache/);
    t.match(stdout, /\/dev\/pts\/\d/);
    t.match(stdout, /ls: half: No such file/);
    t.match(stdout, /ended with 1/);
  });
});
