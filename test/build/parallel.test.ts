import t from "tap";
import { startBases } from "../support/bases.ts";
import { project, stepsWith } from "../support/project.ts";

t.test("steps of a build that go on side by side", async (t) => {
  const { busybox } = await startBases(t);
  /** Gives a sign, and waits until another step gives another. */
  const meet = (own: string, other: string): string =>
    `RUN --mount=type=cache,id=signs,target=/s touch /s/${own}; n=0; until [ -e /s/${other} ]; do n=$((n+1)); [ $n -lt 600 ] || exit 9; sleep 0.05; done; echo met > /${own}`;
  const stages = [
    `FROM ${busybox} AS one\n${meet("a", "b")}\n`,
    `FROM ${busybox} AS two\n${meet("b", "a")}\n`,
    "FROM scratch\nCOPY --from=one /a /\nCOPY --from=two /b /\n",
  ].join("");

  await t.test(
    "two stages that wait for each other are both built, and the image is that of one after the other",
    async (t) => {
      const p = project(t, { Dockerfile: stages });
      const { code, stderr } = await p.build(["-j2", "-t", "met"]);
      t.equal(code, 0, stderr);
      t.equal(stepsWith("DONE", stderr).filter((title) => /^\[[\w-]+ [23]\//.test(title)).length, 4, stderr);
      const again = await p.build(["-j1", "-t", "again"]);
      t.equal(
        stepsWith("CACHED", again.stderr).filter((title) => /^\[[\w-]+ [23]\//.test(title)).length,
        4,
        again.stderr,
      );
      t.equal(p.digestOf("docker.io/library/met:latest"), p.digestOf("docker.io/library/again:latest"));
    },
  );

  await t.test("a step that fails ends what else is under way, and its own error is told", async (t) => {
    const fails = "RUN --mount=type=cache,id=f,target=/s until [ -e /s/a ]; do sleep 0.05; done; exit 3";
    const lasts = "RUN --mount=type=cache,id=f,target=/s touch /s/a; sleep 300";
    const p = project(t, {
      Dockerfile: `FROM ${busybox} AS one\n${lasts}\nRUN never\nFROM ${busybox}\n${fails}\nCOPY --from=one /x /\n`,
    });
    const { code, stderr } = await p.build(["--jobs", "2"]);
    t.equal(code, 1);
    t.match(stderr, /error: .*exit code: 3/);
    t.match(stderr, /Dockerfile:5/);
    t.match(stepsWith("CANCELED", stderr), [/sleep 300/]);
    t.notMatch(stderr, /^#\d+ .*RUN never/m);
  });
});
