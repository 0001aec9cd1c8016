import { chmodSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { push, startBases } from "../support/bases.ts";
import { unprivilegedContainer } from "../support/container.ts";
import { startDockerd } from "../support/dockerd.ts";
import { project } from "../support/project.ts";
import { asUser, mayBeRoot } from "../support/users.ts";
import { attackRoot, layoutOf } from "./attack-image.ts";

/** Steps that leave something behind: processes that get away in every way, and a program with set-id bits. */
const dockerfile = (base: string, mark: string): string => `FROM ${base}
RUN (setsid sh -c 'trap "" TERM HUP; while :; do sleep ${mark}; done' &) && (sleep ${mark} & sleep ${mark} &) && echo left
RUN nohup setsid sleep ${mark} > /dev/null 2>&1 & sleep 0.1; true
RUN ["/attacks/fork-away", "${mark}"]
RUN cp /bin/busybox /become && chmod 6755 /become
`;

t.test("what a step leaves behind", async (t) => {
  if (!mayBeRoot(t)) return;
  const root = await attackRoot(t, []);
  const { registry } = await startBases(t);
  const base = `${registry}/attacks`;
  await push(await layoutOf(t, root), base);

  for (const [as, isolation, mark] of [
    ["ocib-subids", "bwrap", "76541"],
    ["ocib-subids", "chroot", "76542"],
    ["self", "chroot", "76543"],
  ] as const) {
    await t.test(`as ${as} in ${isolation}`, async (t) => {
      const p = project(t, { Dockerfile: dockerfile(base, mark) }, as);
      const { code, stderr } = await p.build(["--isolation", isolation]);
      t.equal(code, 0, stderr);
      t.same(processesWith(mark), [], "no process is left");
      const found = [
        "sh",
        "-c",
        'find "$1" -perm -4000 2> /dev/null; find "$1" -name become 2> /dev/null',
        "sh",
        p.store,
      ];
      t.equal((await asUser("ocib-plain", found)).stdout, "", "no other user finds the set-id program");
      t.match((await asUser("self", found)).stdout, "become", "though it is there");
    });
  }

  await t.test("a store in a directory that everybody may enter shows nobody the files of images", async (t) => {
    const p = project(t, { Dockerfile: `FROM ${base}\nRUN cp /bin/busybox /become && chmod 6755 /become\n` });
    mkdirSync(p.store);
    chmodSync(p.store, 0o755);
    t.equal((await p.build()).code, 0);
    t.match((await asUser("ocib-plain", ["ls", p.store])).stdout, "oci-layout");
    t.equal((await asUser("ocib-plain", ["sh", "-c", `find ${p.store} -perm -4000 2> /dev/null`])).stdout, "");
  });

  await t.test("as root of a container with docker's default profile", async (t) => {
    const inside = await unprivilegedContainer(t, await startDockerd(t));
    inside.write({ Dockerfile: dockerfile(base, "76544") });
    const { stdout, stderr } = await inside.run("$OCI build --root /store /context >&2; echo end $?; ps");
    t.match(stdout, /end 0\n/, stderr);
    t.notMatch(stdout, /76544/);
  });
});

/** Command lines of processes of this machine that have `mark` among their words. */
function processesWith(mark: string): readonly string[] {
  const lines = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const read = (process: string): string => {
    try {
      return readFileSync(join("/proc", process, "cmdline"), "utf8").replaceAll("\0", " ");
    } catch {
      return "";
    }
  };
  return lines.map(read).filter((line) => line.split(" ").includes(mark));
}
