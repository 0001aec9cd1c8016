import { execFileSync } from "node:child_process";
import { chmodSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { ociBuild } from "../support/cli.ts";
import { startBases } from "../support/bases.ts";
import { type Project, project, stepsWith } from "../support/project.ts";
import { mayBeRoot, type UserName } from "../support/users.ts";

interface Row {
  readonly title: string;
  /** Instructions behind FROM; `BASE` stands for the base image. */
  readonly text: string;
  readonly args?: readonly string[];
  /** What the build prints, beside much else; or how it fails. */
  readonly says?: RegExp;
  readonly fails?: RegExp;
}

const files = {
  "a.txt": "context",
  "dir/b.txt": "deep",
  "dir/hidden.log": "no",
  "odd [x]*.txt": "odd",
  ".dockerignore": "**/*.log\n",
  token: "t0ken-from-file",
};

const rows: readonly Row[] = [
  {
    title: "bind shows the build context without what .dockerignore drops, owned by root, and read-only",
    text: `RUN --mount=target=/src cat /src/a.txt /src/dir/b.txt && ls -ln /src/a.txt && ! ls /src/dir/hidden.log && ! touch /src/x`,
    says: /contextdeep-rw-r--r-- +1 0 +0 /,
  },
  {
    title: "bind shows one file, also one with characters of patterns in its name",
    text: `RUN --mount=type=bind,source=a.txt,dst=/x/one --mount=src=odd\\ [x]*.txt,destination=/x/two cat /x/one /x/two; test ! -e /x/hidden.log`,
    says: /contextodd/,
  },
  {
    title: "bind from a stage and from an image, by symbolic links inside them only",
    text: `RUN --mount=from=made,source=/link,target=/m --mount=from=BASE,source=/bin,target=/b cat /m/f && test -x /b/busybox`,
    says: /from the stage/,
  },
  {
    title: "what is written to a writable bind is thrown away (trap 77)",
    text: `RUN --mount=from=made,target=/m,rw echo new >/m/data/f && cat /m/data/f
      RUN --mount=from=made,target=/m cat /m/data/f
      RUN --mount=target=/src,readwrite echo new >/src/a.txt && cat /src/a.txt
      RUN --mount=target=/src cat /src/a.txt`,
    says: /new[^]*from the stage[^]*new[^]*context/,
  },
  {
    title: "a missing source of a bind fails",
    text: `RUN --mount=source=none,target=/x true`,
    fails: /"\/none": not found/,
  },
  {
    title: "a relative target joins WORKDIR, and variables are expanded in all options but from",
    text: `ARG kind=tmpfs where=rel
      WORKDIR /w
      RUN --mount=type=$kind,target=\${where} grep -q ' /w/rel tmpfs ' /proc/mounts`,
  },
  {
    title: "tmpfs has a size and may lie over what the sandbox mounts",
    text: `RUN --mount=type=tmpfs,target=/dev/shm,size=64k ! dd if=/dev/zero of=/dev/shm/x bs=1k count=100 && ls -ld /dev/shm`,
    says: /drwxrwxrwt/,
  },
  {
    title: "of two mounts with one target the later counts",
    text: `RUN --mount=type=tmpfs,target=/x --mount=from=made,source=data,target=/x cat /x/f`,
    says: /from the stage/,
  },
  {
    title: "mounts lie in each other whatever their order in the instruction",
    text: `RUN --mount=from=made,source=data,target=/x/y/z --mount=type=tmpfs,target=/x cat /x/y/z/f`,
    says: /from the stage/,
  },
  {
    title: "a secret is a file of root's in /run/secrets with mode 0400",
    text: `RUN --mount=type=secret,id=token ls -ln /run/secrets/token | cut -c 1-40; wc -c </run/secrets/token`,
    args: ["--secret", "id=token,src=TOKEN"],
    says: /-r-------- +1 0 +0[^]*15/,
  },
  {
    title: "a secret has the owner, mode and target that are asked for",
    text: `USER app
      RUN --mount=type=secret,id=token,target=/t,uid=1000,gid=50,mode=0440 ls -ln /t | cut -c 1-40; wc -c </t`,
    args: ["--secret", "id=token,src=TOKEN"],
    says: /-r--r----- +1 1000 +50[^]*15/,
  },
  {
    title: "a secret is a variable, or a file too when a target is named",
    text: `RUN --mount=type=secret,id=token,env=T test \${#T} = 15 && test ! -e /run/secrets
      RUN --mount=type=secret,id=token,env=T,target=/t test "$T" = "$(cat /t)" && echo same`,
    args: ["--secret", "id=token,src=TOKEN"],
    says: /same/,
  },
  {
    title: "a secret that was not given is no mount, unless it is required",
    text: `RUN --mount=type=secret,id=other test ! -e /run/secrets`,
  },
  {
    title: "a required secret that was not given fails",
    text: `RUN --mount=type=secret,id=other,required true`,
    fails: /needs the secret other[^]*--secret id=other/,
  },
  {
    title: "an ssh mount that was not given sets no SSH_AUTH_SOCK",
    text: `RUN --mount=type=ssh test -z "$SSH_AUTH_SOCK"`,
  },
  {
    title: "a required agent that was not given fails",
    text: `RUN --mount=type=ssh,required true`,
    fails: /needs the SSH agent default[^]*--ssh default/,
  },
  {
    title: "a cache mount is made for root, 0755, so that another user may not write to it (trap 79)",
    text: `USER app
      RUN --mount=type=cache,target=/c ls -ldn /c | cut -c 1-40; ! touch /c/x
      RUN --mount=type=cache,id=own,target=/c,uid=1000,gid=50,mode=0700 ls -ldn /c | cut -c 1-40; touch /c/x`,
    says: /drwxr-xr-x +2 0 +0[^]*drwx------ +2 1000 +50/,
  },
  {
    title: "a cache mount begins with files of a stage and may be read-only",
    text: `RUN --mount=type=cache,target=/seeded,from=made,source=data cat /seeded/f && echo more >/seeded/g
      RUN --mount=type=cache,id=/seeded,target=/other,from=made,source=data,ro cat /other/g && ! touch /other/h`,
    says: /from the stage[^]*more/,
  },
  {
    title: "a heredoc with #! is a program that cannot be changed",
    text: `SHELL ["/bin/sh", "-ec"]
      RUN <<EOF
#!/bin/busybox sh
echo "$0 is $(ls -l $0 | cut -c 1-10)"
! echo >$0
EOF`,
    says: /\/dev\/pipes\/EOF is -rwxr-xr-x/,
  },
  {
    title: "RUN --network=none sees a loopback interface only, whatever the command line says (trap 87)",
    text: `RUN --network=none test "$(ls /proc/sys/net/ipv4/conf | grep -v -e all -e default)" = lo`,
    args: ["--network", "host"],
  },
  {
    title: "--network counts for a RUN that chooses none, and RUN --network=host wins",
    text: `RUN test "$(ls /proc/sys/net/ipv4/conf | grep -v -e all -e default)" = lo && echo alone
      RUN --network=host echo ran`,
    args: ["--network=none"],
    says: /alone[^]*ran/,
  },
  {
    title: "mount points that the image lacks, and all that was mounted, never reach the layer (traps 71, 74 and 76)",
    text: `RUN --mount=type=cache,target=/deep/a --mount=type=tmpfs,target=/deep/b --mount=target=/etc/conf \\
          --mount=type=secret,id=token,target=/etc/t touch /deep/a/x /deep/b/y
      RUN echo "left: $(ls -d /deep /etc/conf /etc/t 2>/dev/null)."`,
    args: ["--secret", "id=token,src=TOKEN"],
    says: /left: \./,
  },
];

t.test("RUN --mount", async (t) => {
  const { busybox } = await startBases(t);
  // Each user and each sandbox once: what may be mounted depends on the one, how on the other.
  const pairs: readonly (readonly [UserName, string])[] = mayBeRoot(t)
    ? [
        ["self", "chroot"],
        ["ocib-subids", "bwrap"],
      ]
    : [
        ["self", "bwrap"],
        ["self", "chroot"],
      ];
  for (const [as, isolation] of pairs)
    await t.test(`as ${as} in ${isolation}`, async (t) => {
      const p = project(t, files, as);
      chmodSync(join(p.context, "a.txt"), 0o644);
      for (const row of rows) await t.test(row.title, (t) => check(t, p, { row, isolation, busybox }));
    });
});

interface Checking {
  readonly row: Row;
  readonly isolation: string;
  readonly busybox: string;
}

async function check(t: Test, p: Project, { row, isolation, busybox }: Checking): Promise<void> {
  const stages = `FROM ${busybox} AS made
RUN mkdir /data && echo "from the stage" >/data/f && ln -s /../../data /link
FROM ${busybox}
`;
  p.write({ Dockerfile: stages + row.text.replaceAll("BASE", busybox) });
  const args = (row.args ?? []).map((arg) => arg.replace("TOKEN", join(p.context, "token")));
  const { code, stderr } = await p.build(["--isolation", isolation, ...args]);
  if (row.fails === undefined) t.equal(code, 0, stderr);
  else {
    t.equal(code, 1, stderr);
    t.match(stderr, row.fails);
  }
  if (row.says !== undefined) t.match(printed(stderr), row.says);
}

/** What the steps themselves printed, without their titles. */
function printed(stderr: string): string {
  const lines = stderr.split("\n").map((line) => /^#\d+ \d+\.\d+ (.*)$/.exec(line)?.[1]);
  return lines.filter((line) => line !== undefined).join("\n");
}

t.test("a cache mount outlives its builds, also those without a cache (trap 104)", async (t) => {
  const { busybox } = await startBases(t);
  const text = `FROM ${busybox}\nRUN --mount=type=cache,target=/c echo x >>/c/log; echo "$(wc -l </c/log) lines"\n`;
  const p = project(t, { Dockerfile: text });
  t.match((await p.build()).stderr, / 1 lines/);
  const again = await p.build();
  t.same(stepsWith("CACHED", again.stderr).length, 2, "what is in the cache mount is no input of the step");
  t.match((await p.build(["--no-cache"])).stderr, / 2 lines/);
  const names = execFileSync("find", [join(p.store, "layers"), "-name", "log"], { encoding: "utf8" });
  t.equal(names, "", "nothing of it is in a layer");
  const { stdout } = await ociBuild(["cache-mounts", "ls", "--root", p.store, "--format", "json"]);
  t.match(JSON.parse(stdout), { id: "/c" });
  t.match(
    (await ociBuild(["cache-mounts", "rm", "--root", p.store, "/d"])).stderr,
    /no cache mount is called "\/d" \(did you mean \/c\?\)/,
  );
  t.equal((await ociBuild(["cache-mounts", "rm", "--root", p.store, "/c"])).stdout, "/c\n");
  t.match((await p.build(["--no-cache"])).stderr, / 1 lines/);
});

/** Several builders at once, each of which wants the cache mount for itself for a moment. */
for (const [sharing, alone] of [
  ["locked", true],
  ["private", true],
  ["shared", false],
] as const)
  t.test(`cache mounts with sharing=${sharing} between processes`, async (t) => {
    const { busybox } = await startBases(t);
    // mkdir succeeds for one only; with shared all of them meet in the same directory.
    const step = alone
      ? "mkdir /c/taken && sleep 0.2 && rmdir /c/taken && echo x >>/c/log"
      : 'touch /c/$W && for i in $(seq 300); do test "$(ls /c)" = "1\n2\n3" && exit 0; sleep 0.1; done; exit 1'.replaceAll(
          "\\n",
          "\n",
        );
    const p = project(t, {
      Dockerfile: `FROM ${busybox}\nARG W\nRUN --mount=type=cache,target=/c,sharing=${sharing} <<E\n${step}\nE\n`,
    });
    const builds = await Promise.all(["1", "2", "3"].map((w) => p.build(["--build-arg", `W=${w}`])));
    for (const { code, stderr } of builds) t.equal(code, 0, stderr);
    const [name = ""] = readdirSync(join(p.store, "mounts"));
    const slots = readdirSync(join(p.store, "mounts", name)).filter((entry) => /^\d+$/.test(entry));
    if (sharing !== "private") t.same(slots, ["0"]);
  });

t.test("a secret is nowhere: not in the store, not in any output, also after the builder was killed", async (t) => {
  const { busybox } = await startBases(t);
  const secret = "S3CRET-6f1c0e5b2a9d";
  const searching = (p: Project): string =>
    execFileSync("grep", ["-rlaF", secret, p.store, "--include=*"], { encoding: "utf8" }).trim();
  const none = (p: Project): void => {
    try {
      t.equal(searching(p), "");
    } catch (error) {
      t.equal((error as { status?: number }).status, 1, "grep finds nothing");
    }
  };
  const users: readonly UserName[] = mayBeRoot(t) ? ["self", "ocib-subids"] : ["self"];
  for (const as of users)
    for (const isolation of ["bwrap", "chroot"]) {
      const mounts = "--mount=type=secret,id=s --mount=type=secret,id=s,env=SECRET,target=/etc/s";
      const dockerfile = (command: string): string => `FROM ${busybox}\nRUN ${mounts} ${command}\n`;
      const p = project(t, { Dockerfile: dockerfile("test $SECRET = $(cat /run/secrets/s) && false") }, as);
      const file = join(p.store, "../secret");
      writeFileSync(file, secret, { mode: 0o644 });
      const args = ["--isolation", isolation, "--secret", `id=s,src=${file}`, "-t", "app", "-D"];
      const failed = await p.build(args);
      t.equal(failed.code, 1, failed.stderr);
      t.notMatch(failed.stdout + failed.stderr, secret);
      none(p);

      p.write({ Dockerfile: dockerfile("test $SECRET = $(cat /etc/s) && echo kept >/kept") });
      const built = await p.build([...args, "-o", `oci-archive:${join(p.store, "../app.tar")}`]);
      t.equal(built.code, 0, built.stderr);
      t.notMatch(built.stdout + built.stderr, secret);
      none(p);

      p.write({ Dockerfile: dockerfile("echo started; sleep 600") });
      const running = p.startBuild(args);
      let seen = "";
      await new Promise<void>((resolve) => {
        running.child.stderr?.on("data", (chunk: Buffer) => {
          seen += chunk.toString();
          if (/#\d+ [\d.]+ started/.test(seen)) resolve();
        });
        running.child.once("exit", () => resolve());
      });
      t.match(seen, /started/);
      const processes = execFileSync("ps", ["axww", "-o", "args"], { encoding: "utf8" });
      t.notOk(processes.includes(secret), "no process has it on its command line");
      running.child.kill("SIGKILL");
      await running.ended;
      t.notMatch(seen, secret);
      none(p);
    }
});
