import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t, { type Test } from "tap";
import { startBases } from "../support/bases.ts";
import { type Files, type Project, project } from "../support/project.ts";
import { output } from "../support/process.ts";
import { mayBeRoot } from "../support/users.ts";

interface Case {
  readonly title: string;
  readonly files: Files;
  readonly args?: readonly string[];
  readonly code?: number;
  readonly says: readonly RegExp[];
}

function cases(busybox: string, registry: string): readonly Case[] {
  const from = `FROM ${busybox}\n`;
  return [
    { title: "no Dockerfile", files: { x: "" }, says: [/no Dockerfile/, /-f FILE/] },
    {
      title: "a Dockerfile that -f names is missing",
      files: {},
      args: ["-f", "/nowhere/Dockerfile"],
      says: [/\/nowhere\/Dockerfile does not exist/],
    },
    { title: "an empty Dockerfile", files: { Dockerfile: "" }, says: [/holds no instruction/] },
    {
      title: "an unknown instruction",
      files: { Dockerfile: `${from}RUNN true\n` },
      says: [/RUNN/, /did you mean RUN/, /2 \|.*RUNN true/],
    },
    {
      title: "an unknown flag of an instruction",
      files: { Dockerfile: `${from}COPY --chwon=1 x /\n` },
      says: [/--chwon/, /--chown/],
    },
    {
      title: "an instruction that is not supported yet",
      files: { Dockerfile: `${from}RUN --device=vendor.com/class=dev true\n` },
      says: [/--device/, /2 \|/],
    },
    {
      title: "an unknown target",
      files: { Dockerfile: `${from.trim()} AS build\n` },
      args: ["--target", "biuld"],
      says: [/biuld/, /build/],
    },
    {
      title: "an image that the registry does not have",
      files: { Dockerfile: `FROM ${registry}/library/nothing\n` },
      says: [/has no image .*library\/nothing/, /1 \| FROM/, /\| {6}\^+\n/],
    },
    { title: "a tag that the registry does not have", files: { Dockerfile: `FROM ${busybox}:nope\n` }, says: [/nope/] },
    {
      title: "a registry that is down",
      files: { Dockerfile: "FROM localhost:1/library/x\n" },
      says: [/localhost:1/, /refused|reach/],
    },
    {
      title: "a platform that is none",
      files: { Dockerfile: `FROM --platform=nonsense/x/y/z ${busybox}\n` },
      says: [/nonsense\/x\/y\/z/, /1 \|/],
    },
    {
      title: "a file that COPY does not find",
      files: { Dockerfile: `${from}COPY missing /\n` },
      says: [/"?\/?missing"?.*not found/, /2 \|/],
    },
    {
      title: "a misspelt file of the context",
      files: { Dockerfile: `${from}COPY src/mian.c /\n`, "src/main.c": "" },
      says: [/src\/mian\.c.*not found/, /\| {6}\^{10}\n/, /hint: did you mean "src\/main\.c"\?/],
    },
    {
      title: "a file that .dockerignore hides",
      files: { Dockerfile: `${from}COPY hidden /\n`, hidden: "", ".dockerignore": "hidden\n" },
      says: [/hidden.*not found/, /hint: .*ignore/],
    },
    {
      title: "a COPY to a stage that comes later",
      files: { Dockerfile: `FROM ${busybox} AS first\nCOPY --from=later /x /\nFROM ${busybox} AS later\nFROM first\n` },
      says: [/later/, /2 \|/],
    },
    {
      title: "a RUN that fails",
      files: { Dockerfile: `${from}RUN echo before; echo oh no >&2; exit 7\n` },
      says: [/exit code: 7/, /oh no/, /2 \|.*RUN echo before/],
    },
    {
      title: "a RUN that is killed",
      files: { Dockerfile: `${from}RUN kill -9 $$\n` },
      says: [/signal 9|exit code: 137/],
    },
    {
      title: "a base with no shell",
      files: { Dockerfile: `FROM scratch\nCOPY x /\nRUN true\n`, x: "" },
      says: [/\/bin\/sh not found/, /3 \|.*RUN true/, /hint: .*exec form/],
    },
    { title: "an unknown user", files: { Dockerfile: `${from}USER nosuch\nRUN true\n` }, says: [/nosuch/] },
    { title: "an unknown owner", files: { Dockerfile: `${from}COPY --chown=nosuch x /\n`, x: "" }, says: [/nosuch/] },
    {
      title: "an unknown option",
      files: { Dockerfile: from },
      args: ["--progres=plain"],
      code: 2,
      says: [/--progres/, /--progress/],
    },
    {
      title: "an option that is not supported yet",
      files: { Dockerfile: from },
      args: ["--squash"],
      code: 2,
      says: [/--squash/],
    },
    {
      title: "an output that is not supported",
      files: { Dockerfile: from },
      args: ["-o", "type=nonsense"],
      code: 2,
      says: [/nonsense/],
    },
    { title: "a tag that is no name", files: { Dockerfile: from }, args: ["-t", "UPPER:x"], says: [/lower case/] },
  ];
}

t.test("bad input gives one readable error, no image, nothing left running, and the next build works", async (t) => {
  const { busybox, registry } = await startBases(t);
  const as = mayBeRoot(t) ? "ocib-subids" : "self";
  for (const { title, files, args = [], code = 1, says } of cases(busybox, registry))
    await t.test(title, async (t) => {
      const p = project(t, files, as);
      const ended = await p.build(["-t", "app", ...args]);
      t.equal(ended.code, code, ended.stderr);
      for (const pattern of says) t.match(ended.stderr, pattern);
      t.notMatch(ended.stderr, /at .*\.js:\d+/, "no stack trace");
      t.equal(ended.stderr.match(/^error:/gm)?.length ?? 0, 1, "one error");
      t.ok(
        !existsSync(join(p.store, "index.json")) || p.digestOf("docker.io/library/app:latest") === undefined,
        "no image",
      );
      await nothingLeft(t, p);
    });
  await t.test("a missing context", async (t) => {
    const p = project(t, {}, as);
    const ended = await p.command("build", ["/nowhere/at/all"]);
    t.equal(ended.code, 1);
    t.match(ended.stderr, /\/nowhere\/at\/all does not exist/);
  });
});

t.test("Ctrl-C at any moment leaves nothing behind", async (t) => {
  const { busybox } = await startBases(t);
  for (const as of mayBeRoot(t) ? (["self", "ocib-subids"] as const) : (["self"] as const)) {
    for (const delay of [20, 120, 250, 400, 700, 1000]) {
      await t.test(`as ${as}, after ${delay} ms`, async (t) => {
        const files: Record<string, string> = { Dockerfile: `FROM ${busybox}\nCOPY . /x\nRUN sleep 300 & sleep 300\n` };
        for (let n = 0; n < 300; n += 1) files[`files/${n}`] = String(n);
        const p = project(t, files, as);
        const { child, ended } = p.startBuild(["-t", "app"]);
        await sleep(delay);
        child.kill("SIGINT");
        const { code, stderr } = await ended;
        t.equal(code, 130, stderr);
        await nothingLeft(t, p);
        p.write({ Dockerfile: `FROM ${busybox}\nCOPY . /x\nRUN true\n` });
        const next = await p.build(["-t", "app"]);
        t.equal(next.code, 0, next.stderr);
        t.same(readdirSync(join(p.store, "work")), [], "the next build swept the store");
      });
    }
  }
});

t.test("a builder that is killed leaves nothing running, and the next build sweeps what it left", async (t) => {
  const { busybox } = await startBases(t);
  for (const as of mayBeRoot(t) ? (["self", "ocib-subids"] as const) : (["self"] as const)) {
    await t.test(`as ${as}`, async (t) => {
      const p = project(t, { Dockerfile: `FROM ${busybox}\nRUN touch /began; sleep 4711\n` }, as);
      const { child, ended } = p.startBuild();
      while (!(await output(["ps", "-eo", "args"])).includes("sleep 4711")) await sleep(20);
      // The program itself, not the setpriv that it replaced: exec keeps the process.
      child.kill("SIGKILL");
      await ended;
      await nothingLeft(t, p);
      p.write({ Dockerfile: `FROM ${busybox}\nRUN true\n` });
      const next = await p.build();
      t.equal(next.code, 0, next.stderr);
      t.same(readdirSync(join(p.store, "work")), []);
    });
  }
});

/** No process and no mount that has to do with the project is there any more. */
async function nothingLeft(t: Test, p: Project): Promise<void> {
  const leftovers = async (): Promise<readonly string[]> => {
    const processes = (await output(["ps", "-eo", "args"]))
      .split("\n")
      .filter((line) => line.includes(p.store) || line.includes("sleep 4711"));
    const mounts = (await output(["cat", "/proc/self/mounts"])).split("\n").filter((line) => line.includes(p.store));
    return [...processes, ...mounts];
  };
  // The kernel takes a moment to take a process namespace down.
  for (let turn = 0; turn < 40 && (await leftovers()).length > 0; turn += 1) await sleep(50);
  t.same(await leftovers(), [], "no process or mount is left");
}
