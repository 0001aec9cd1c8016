import { mkdirSync } from "node:fs";
import t from "tap";
import { startBases, startBasesWithDebian } from "../support/bases.ts";
import { pathWithout } from "../support/path-without.ts";
import { output } from "../support/process.ts";
import { project } from "../support/project.ts";
import { mayBeRoot } from "../support/users.ts";

t.test("what stands in the way of an ordinary user is named, with the command that helps", async (t) => {
  if (!mayBeRoot(t)) return;
  const { busybox } = await startBases(t);
  const files = { Dockerfile: `FROM ${busybox}\nRUN true\n` };

  await t.test("no bwrap where it is asked for; without it the helper's own sandbox serves", async (t) => {
    const p = project(t, files, "ocib-subids");
    const env = { PATH: pathWithout(t, "bwrap") };
    const asked = await p.build(["--isolation", "bwrap"], { env });
    t.equal(asked.code, 1, asked.stderr);
    t.match(asked.stderr, /bwrap/);
    t.match(asked.stderr, /hint: .*bubblewrap/);
    const auto = await p.build([], { env });
    t.equal(auto.code, 0, auto.stderr);
  });
});

t.test("a full disk is an error, leaves no image, and the next build works once there is room", async (t) => {
  if (!mayBeRoot(t)) return;
  const { busybox } = await startBases(t);
  const p = project(t, {
    Dockerfile: `FROM ${busybox}\nRUN echo small > /small\nRUN dd if=/dev/zero of=/big bs=1M count=64\n`,
  });
  mkdirSync(p.store);
  await output(["mount", "-t", "tmpfs", "-o", "size=16m,mode=755", "tmpfs", p.store]);
  t.teardown(() => output(["umount", "--lazy", p.store]));
  const full = await p.build(["-t", "app"]);
  t.equal(full.code, 1, full.stderr);
  t.match(full.stderr, /[Nn]o space left/);
  t.equal(p.digestOf("docker.io/library/app:latest"), undefined);
  await output(["mount", "-o", "remount,size=200m", p.store]);
  const next = await p.build(["-t", "app"]);
  t.equal(next.code, 0, next.stderr);
});

t.test("a disk that fills up while a base is fetched", async (t) => {
  if (!mayBeRoot(t)) return;
  const { debian } = await startBasesWithDebian(t);
  const p = project(t, { Dockerfile: `FROM ${debian}\nRUN true\n` });
  mkdirSync(p.store);
  await output(["mount", "-t", "tmpfs", "-o", "size=40m,mode=755", "tmpfs", p.store]);
  t.teardown(() => output(["umount", "--lazy", p.store]));
  const { code, stderr } = await p.build(["-t", "app"]);
  t.equal(code, 1, stderr);
  t.match(stderr, /error: .*[Nn]o space left/);
  t.match(stderr, /hint: .*--root/);
});
