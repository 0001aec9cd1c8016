import { join } from "node:path";
import t from "tap";
import { debianLayout, startBasesWithDebian } from "../support/bases.ts";
import { output } from "../support/process.ts";
import { project } from "../support/project.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { seenTree, umociTree } from "../support/seen-tree.ts";
import { describeTree, differences } from "../support/tree.ts";
import { mayBeRoot } from "../support/users.ts";

t.test("a Debian base that a RUN has changed is unpacked by umoci to the byte as a RUN sees it", async (t) => {
  if (!mayBeRoot(t)) return;
  const { debian } = await startBasesWithDebian(t);
  const change = "rm -r /usr/share/doc && mv /etc/apt /etc/apt.d && chmod 4711 /usr/bin/env && cp -a /etc /copied";
  const p = project(t, { Dockerfile: `FROM ${debian}\nRUN ${change}\n` });
  const layout = join(p.context, "..", "layout");
  const { code, stderr } = await p.build(["-o", `oci:${layout}`]);
  t.equal(code, 0, stderr);
  const seen = await seenTree(t, p.store, `${layout}:latest`);
  t.ok(seen.length > 5000, `${seen.length} entries`);
  const differing = differences(await umociTree(t, `${layout}:latest`), seen);
  t.same(
    differing.filter((line) => !line.startsWith(".: ")),
    [],
  );
});

t.test("apt-get install of redis as an ordinary user keeps owners, modes and capabilities", async (t) => {
  if (!mayBeRoot(t)) return;
  const { debian } = await startBasesWithDebian(t);
  const dockerfile = `FROM ${debian}
RUN apt-get update && apt-get install -y --no-install-recommends redis-server iputils-ping libcap2-bin
RUN useradd -m someone && setcap cap_net_raw+ep /usr/bin/redis-cli
CMD ["redis-server"]
`;
  const p = project(t, { Dockerfile: dockerfile }, "ocib-subids");
  const layout = join(p.context, "..", "layout");
  const { code, stderr } = await p.build(["-t", "redis", "-o", `oci:${layout}`]);
  t.equal(code, 0, stderr.slice(-2000));

  const bundle = join(temporaryDirectory(t), "bundle");
  await output(["umoci", "unpack", "--image", `${layout}:latest`, bundle]);
  const tree = new Map((await describeTree(join(bundle, "rootfs"))).map((entry) => [entry.path, entry]));
  const passwd = await output(["cat", join(bundle, "rootfs/etc/passwd")]);
  const [uid, gid] = (/^redis:x:(\d+):(\d+):/m.exec(passwd) ?? []).slice(1).map(Number);
  t.match(tree.get("var/lib/redis"), { uid, gid, mode: 0o750 }, "redis owns its data");
  t.match(tree.get("var/log/redis"), { uid, gid: 4, mode: 0o2750 }, "set-gid, and the group adm");
  t.match(tree.get("usr/bin/passwd"), { mode: 0o4755, uid: 0 }, "set-uid of the base");
  t.match(tree.get("usr/bin/chage"), { mode: 0o2755, gid: 42 }, "set-gid shadow");
  // struct vfs_cap_data, revision 2 with the effective bit, CAP_NET_RAW (13): no namespace's own id may stick to it.
  t.equal(tree.get("usr/bin/redis-cli")?.xattrs["security.capability"], "0100000200200000000000000000000000000000");
  t.equal(tree.get("home/someone/.profile")?.uid, Number(/^someone:x:(\d+)/m.exec(passwd)?.[1]));
  const base = join(temporaryDirectory(t), "bundle");
  await output(["umoci", "unpack", "--image", `${await debianLayout()}:latest`, base]);
  const mountPoints = (paths: Iterable<string>): readonly string[] =>
    [...paths].filter((path) => /^(proc|sys|dev)\/|^etc\/(hosts|resolv.conf|hostname)$/.test(path));
  t.same(
    mountPoints(tree.keys()),
    mountPoints((await describeTree(join(base, "rootfs"))).map((entry) => entry.path)),
    "nothing of a mount is in the image",
  );

  await t.test("redis answers PONG, on SIGTERM it ends, and nothing is left", async (t) => {
    const port = String(20000 + (process.pid % 20000));
    const server = p.startCommand("run", ["redis", "redis-server", "--port", port, "--save", ""]);
    let answer = "";
    for (let turn = 0; turn < 50 && answer !== "PONG\n"; turn += 1)
      answer = (await p.command("run", ["--rm", "redis", "redis-cli", "-p", port, "ping"])).stdout;
    t.equal(answer, "PONG\n");
    server.child.kill("SIGTERM");
    t.equal((await server.ended).code, 0);
    t.notMatch(await output(["ps", "-eo", "args"]), `:${port}`);
  });
});
