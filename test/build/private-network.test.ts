import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t, { type Test } from "tap";
import { busyboxLayout } from "../support/bases.ts";
import { makeNetworks, type Networks } from "../support/networks.ts";
import { project } from "../support/project.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { mayBeRoot, type UserName } from "../support/users.ts";

/** A PATH with what a build uses, and of the two programs that connect a private network only these. */
function pathWith(t: Test, ...connecting: readonly string[]): string {
  const directory = join(temporaryDirectory(t), "bin");
  mkdirSync(directory);
  for (const from of ["/usr/bin", "/bin", "/usr/sbin", "/sbin"])
    for (const name of readdirSync(from)) {
      if (/^(passt|pasta|slirp4netns)/.test(name) && !connecting.some((one) => name.startsWith(one))) continue;
      try {
        symlinkSync(join(from, name), join(directory, name));
      } catch {
        // Two of the directories are often one.
      }
    }
  return directory;
}

t.test("--network=private", async (t) => {
  if (!mayBeRoot(t)) return;
  const networks = await makeNetworks(t);
  const paths = { pasta: pathWith(t, "pasta"), slirp4netns: pathWith(t, "slirp4netns") };
  // The checkout's own copy is root's alone.
  const layout = join(temporaryDirectory(t), "busybox");
  cpSync(await busyboxLayout(), layout, { recursive: true });
  const base = ["--build-context", `busybox=oci-layout://${layout}`];
  const build = async (as: UserName, run: string, options: Building = {}): ReturnType<typeof built> =>
    built(t, networks, { as, run, base, ...options });

  const rows: readonly (readonly [UserName, string, keyof typeof paths])[] = [
    ["ocib-subids", "bwrap", "pasta"],
    ["ocib-plain", "chroot", "pasta"],
    ["self", "chroot", "pasta"],
    ["self", "bwrap", "slirp4netns"],
    ["ocib-subids", "chroot", "slirp4netns"],
  ];
  for (const [as, isolation, program] of rows)
    await t.test(
      `reaches what the machine reaches, and not its own services: ${as}, ${isolation}, ${program}`,
      async (t) => {
        const { code, stderr } = await build(
          as,
          `test "$(wget -q -O - ${networks.url})" = hello
RUN ! nc -w 2 127.0.0.1 ${networks.loopbackPort} </dev/null && ! nc -w 2 10.0.2.2 ${networks.loopbackPort} </dev/null
RUN --network=host nc -w 2 127.0.0.1 ${networks.loopbackPort} </dev/null && grep -q @ocib-abstract /proc/net/unix
RUN --network=none test "$(ls /proc/sys/net/ipv4/conf | grep -v -e all -e default)" = lo
RUN ! grep @ocib-abstract /proc/net/unix`,
          { args: ["--isolation", isolation], path: paths[program] },
        );
        t.equal(code, 0, stderr);
        t.same(await left(networks), [], "no process is left");
      },
    );

  await t.test("names what is missing", async (t) => {
    const neither = await build("ocib-subids", "true", { path: pathWith(t) });
    t.equal(neither.code, 1);
    t.match(neither.stderr, /neither pasta nor slirp4netns is on PATH[^]*hint: apt install passt, or slirp4netns/);
    for (const program of ["pasta", "slirp4netns"] as const) {
      const before = "chmod 600 /dev/net/tun";
      const closed = await build("ocib-subids", "true", { path: paths[program], before });
      await build("self", "true", { before: "chmod 666 /dev/net/tun" });
      t.equal(closed.code, 1);
      t.match(
        closed.stderr,
        new RegExp(`${program} does not connect the network: .*tun[^]*hint: the file /dev/net/tun`),
      );
    }
    const gateway = await build("ocib-subids", "true", { args: ["--add-host", "host:host-gateway"] });
    t.match(gateway.stderr, /--add-host host:host-gateway: a private network has no way to this machine/);
  });

  await t.test("asks the servers behind a resolver that listens on the loopback", async (t) => {
    const show = `echo "private $(cat /etc/resolv.conf)"\nRUN --network=host echo "host $(cat /etc/resolv.conf)"`;
    const stub =
      "mount -t tmpfs none /run && mkdir -p /run/systemd/resolve && echo nameserver 127.0.0.53 >/run/stub && mount --bind /run/stub /etc/resolv.conf";
    const behind = `${stub} && echo nameserver 192.0.2.53 >/run/systemd/resolve/resolv.conf`;
    const resolved = await build("ocib-subids", show, { before: behind });
    t.match(resolved.stderr, /private nameserver 192\.0\.2\.53\n[^]*host nameserver 127\.0\.0\.53\n/);
    const alone = await build("ocib-subids", show, { before: stub });
    t.match(alone.stderr, /listens on its loopback, which a private network does not reach: name one with --dns/);
    const named = await build("ocib-subids", show, { before: stub, args: ["--dns", "192.0.2.54"] });
    t.match(named.stderr, /private nameserver 192\.0\.2\.54\n/);
    t.notMatch(named.stderr, /name one with --dns/);
  });

  for (const program of ["pasta", "slirp4netns"] as const)
    for (const victim of ["oci-build", "its helper"])
      await t.test(`${program} ends when ${victim} is killed`, async (t) => {
        const p = project(t, { Dockerfile: "FROM busybox\nRUN echo started; sleep 1000\n" }, "ocib-subids");
        const args = ["--root", p.store, "--network=private", ...base, p.context];
        const { child, ended } = networks.startBuild("ocib-subids", args, { path: paths[program] });
        await new Promise<void>((resolve) => {
          child.stderr?.on("data", (chunk: Buffer) => /\d started/.test(chunk.toString()) && resolve());
        });
        const named = (name: RegExp): readonly number[] =>
          networks.processes().filter((pid) => name.test(commandOf(pid)));
        t.not(named(new RegExp(`${program} `)).length, 0, "it runs");
        const pids = victim === "oci-build" ? named(/cli\.js build/) : named(/oci-build-helper entered/);
        t.not(pids.length, 0);
        for (const pid of pids) process.kill(pid, "SIGKILL");
        await ended;
        t.same(await left(networks), []);
      });
});

interface Building {
  readonly args?: readonly string[];
  readonly path?: string;
  readonly before?: string;
}

interface Built extends Building {
  readonly as: UserName;
  readonly run: string;
  readonly base: readonly string[];
}

async function built(
  t: Test,
  networks: Networks,
  { as, run, base, args = [], ...options }: Built,
): Promise<{ code: number; stderr: string }> {
  const p = project(t, { Dockerfile: `FROM busybox\nRUN ${run}\n` }, as);
  const line = ["--root", p.store, "--network=private", ...base, ...args, p.context];
  return networks.startBuild(as, line, options).ended;
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

/** What still runs on the near machine after a moment. */
async function left(networks: Networks): Promise<readonly string[]> {
  for (let tries = 0; tries < 100 && networks.processes().length > 0; tries += 1) await sleep(50);
  return networks.processes().map(commandOf);
}
