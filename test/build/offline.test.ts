import t, { type Test } from "tap";
import { push, startBases, busyboxLayout, startRegistry } from "../support/bases.ts";
import { gitRepository } from "../support/git-repository.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { project, stepsWith } from "../support/project.ts";

async function names(t: Test): Promise<string> {
  return (await startBases(t)).busybox;
}

t.test("--offline builds from the store alone", async (t) => {
  const busybox = await names(t);
  const p = project(t, { Dockerfile: `FROM ${busybox}\nRUN echo 1 > /one\nCOPY x /\n`, x: "1" });

  const nothing = await p.build(["--offline"]);
  t.equal(nothing.code, 1);
  t.match(
    nothing.stderr,
    /image-not-here|the store does not know the image localhost:\d+\/library\/busybox:latest, and no registry may be asked/,
  );
  t.match(nothing.stderr, /hint: build once without --offline/);
  t.match(nothing.stderr, "Dockerfile:1");

  t.equal((await p.build()).code, 0);
  p.write({ x: "2" });
  const changed = await p.build(["--offline", "-t", "app"]);
  t.equal(changed.code, 0, changed.stderr);
  t.equal(stepsWith("DONE", changed.stderr).length, 1);

  await t.test("RUN has no network, and what it made is the same step as with one", async (t) => {
    const test = `FROM ${busybox}\nRUN echo 1 > /one\nRUN --network=host ! ls /sys/class/net/x; grep -c : /proc/net/dev > /interfaces; cat /interfaces\n`;
    p.write({ Dockerfile: test });
    const offline = await p.build(["--offline"]);
    t.equal(offline.code, 0, offline.stderr);
    t.match(offline.stderr, /^#\d+ [\d.]+ 1$/m, "loopback alone");
    t.equal(stepsWith("CACHED", (await p.build()).stderr).length, 3);
  });

  await t.test("URLs and commits that were fetched before are there, others are missing by name", async (t) => {
    const repository = gitRepository(`${temporaryDirectory(t)}/repository`);
    const commit = repository.commit({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" });
    const q = project(t, { Dockerfile: "" });
    const build = (...flags: readonly string[]): ReturnType<typeof q.command> =>
      q.command("build", ["--progress=plain", ...flags, `${repository.url}/.git#${commit}`]);
    const before = await build("--offline");
    t.equal(before.code, 1);
    t.match(before.stderr, new RegExp(`error: the store does not have file:.*${commit}, and this build is offline`));
    t.equal((await build()).code, 0);
    t.equal((await build("--offline", "--no-cache")).code, 0);
    q.write({ Dockerfile: "FROM scratch\nADD http://127.0.0.1:1/x /\n" });
    t.match(
      (await q.build(["--offline"])).stderr,
      /the store does not have http:\/\/127.0.0.1:1\/x, and this build is offline/,
    );
  });
});

t.test("--pull says when the registry is asked", async (t) => {
  const registry = await startRegistry(t);
  const name = `${registry}/library/busybox`;
  await push(await busyboxLayout(), name);
  const p = project(t, { Dockerfile: `FROM ${name}\nRUN true\n` });
  t.match((await p.build(["--pull=never"])).stderr, /the store does not know the image/);
  const asked = /load metadata for/;
  t.match((await p.build(["--pull=missing"])).stderr, asked);
  for (const flag of ["--pull=missing", "--pull=never"]) t.notMatch((await p.build([flag])).stderr, asked);
  for (const flag of ["--pull", "--pull=newer"]) t.match((await p.build([flag])).stderr, asked);
  const gone = `localhost:1/library/busybox`;
  p.write({ Dockerfile: `FROM ${gone}\nRUN true\n` });
  t.equal((await p.command("tag", [name, gone])).code, 1, "a base image is no image of the store's");
  p.write({ Dockerfile: `FROM ${name}\n` });
  t.equal((await p.build(["-t", gone])).code, 0);
  p.write({ Dockerfile: `FROM ${gone}\nRUN true\n` });
  t.equal((await p.build(["--pull=always"])).code, 1);
  const newer = await p.build(["--pull=newer"]);
  t.equal(newer.code, 0, newer.stderr);
  t.match(newer.stderr, /warning: localhost:1\/library\/busybox:latest is taken from the store: /);
});

t.test(
  "--no-cache-filter and --no-cache-step run what they name again, and what follows only if that changed",
  async (t) => {
    const busybox = await names(t);
    const p = project(t, {
      Dockerfile: `FROM ${busybox} AS deps\nRUN echo deps > /deps\nRUN date +%s%N > /time\nFROM ${busybox}\nRUN echo x > /x\nCOPY --from=deps /deps /\n`,
    });
    t.equal((await p.build()).code, 0);
    const again = await p.build(["--no-cache-filter", "deps"]);
    t.match(stepsWith("DONE", again.stderr), [/deps > \/deps/, /date/], again.stderr);
    t.equal(stepsWith("DONE", again.stderr).length, 2, "the copied file is the same as before");
    const step = await p.build(["--no-cache-step", "2"]);
    t.match(stepsWith("DONE", step.stderr), [/echo x/]);
    const wrong = await p.build(["--no-cache-filter", "dps"]);
    t.equal(wrong.code, 1);
    t.match(wrong.stderr, /no stage "dps"[^]*did you mean deps\?/);
  },
);
