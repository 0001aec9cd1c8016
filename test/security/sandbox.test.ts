import { readFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { push, startBases } from "../support/bases.ts";
import { unprivilegedContainer } from "../support/container.ts";
import { startDockerd } from "../support/dockerd.ts";
import { output, run, type Ended } from "../support/process.ts";
import { project } from "../support/project.ts";
import { mayBeRoot } from "../support/users.ts";
import { attackRoot, attacks, layoutOf, type Kind } from "./attack-image.ts";
import { attackedMachine, word, type Attacked } from "./attacked.ts";

/** Attacks that only need a name of the machine to be there, or that a process in a changed root directory may not make. */
const withNames = [
  "read-a-host-file",
  "write-a-host-file",
  "read-the-store",
  "climb-by-dots",
  "reach-a-socket-file",
  "make-a-user-namespace",
  "clone-into-a-namespace",
  "clone3-into-a-namespace",
];

/** What root may do on a network that it shares with the machine; `--network=none` and `docker run --network=host` are alike. */
const ofRootOnTheNetwork = ["listen-to-the-network"];

/** What a step may do to the unprivileged container that it runs in: there, SECURITY.md promises no more. */
const ofTheContainer = [
  "leave-a-chroot",
  "listen-to-the-network",
  "signal-a-host-process",
  "trace-a-host-process",
  "reach-a-host-service",
  "reach-an-abstract-socket",
  "see-interfaces",
  // They are nodes of the step's own.
  "change-devices",
];

/** What a kernel may be built without, so that nothing shows on it that the attack would work. */
const optional = [
  "load-a-module",
  "remove-a-module",
  "load-another-kernel",
  "reach-ports-of-devices",
  "press-sysrq",
  "call-as-a-32-bit-program",
];

const dockerfile = (base: string, environment: Readonly<Record<string, string>>, network: string): string =>
  `FROM ${base}
ARG ${Object.keys(environment).join(" ")}
RUN --mount=type=secret,id=word,env=WORD test "$WORD" = ${word} && touch /told
RUN --mount=type=tmpfs,target=/fast --mount=type=cache,target=/cache /attacks/every machine
RUN ${network} /attacks/every network
RUN /attacks/powers
USER app
RUN /attacks/powers
`;

/** Says what a step sees of where it runs. */
const view = `USER root
RUN for kind in pid ipc uts mnt cgroup; do echo "namespace $(readlink /proc/self/ns/$kind)"; done
RUN echo "groups:" $(cut -d : -f 3 /proc/self/cgroup | sort -u); echo "devices:" $(ls /dev | sort)
RUN read word || echo "input ended"; echo "descriptors:" $(ls /proc/self/fd); echo "variables:" $(env | cut -d = -f 1 | sort)
`;

t.test("attacks from within a sandbox", async (t) => {
  if (!mayBeRoot(t)) return;
  const outside = await attackedMachine(t, "self", "/nowhere");
  const root = await attackRoot(t, ["machine", "network"]);
  await output(["mknod", join(root, "disk"), "b", ...(outside.environment["DISK"] ?? "").split(":")]);
  const { registry } = await startBases(t);
  const base = `${registry}/attacks`;
  await push(await layoutOf(t, root), base);

  await t.test("succeed where nothing forbids them", async (t) => {
    const succeeded = await withoutSandbox(t, root);
    for (const name of [...attacks("machine"), ...attacks("network")].filter((it) => !optional.includes(it)))
      t.ok(succeeded.has(name), name);
  });

  for (const as of ["ocib-subids", "ocib-plain", "self"] as const) {
    for (const isolation of ["bwrap", "chroot"] as const) {
      await t.test(`fail as ${as} in ${isolation}`, async (t) => {
        const p = project(t, { word }, as);
        const machine = await attackedMachine(t, as, p.store);
        p.write({ Dockerfile: dockerfile(base, machine.environment, "--network=none") + view });
        const flags = ["--isolation", isolation, "--secret", `id=word,src=${join(p.context, "word")}`];
        const ended = await p.build([...flags, ...argumentsFor(machine)]);
        check(t, ended, as === "self" ? ofRootOnTheNetwork : []);
        t.equal(readFileSync(machine.file, "utf8"), machine.content);
        t.ok(machine.processLives());
        const noNewPrivileges = isolation === "bwrap" ? 1 : 0;
        // With one id mapped all users of a step are the same to the kernel.
        checkPowers(t, ended, {
          root: noNewPrivileges,
          user: noNewPrivileges,
          ofUser: as === "ocib-plain" ? docker : "0",
        });
        await checkView(t, ended);
      });
    }
  }

  await t.test(
    "as root of a container with docker's default profile, fail but for what SECURITY.md names",
    async (t) => {
      const inside = await unprivilegedContainer(t, await startDockerd(t));
      const environment = {
        ...outside.environment,
        HOST_FILE: "/volume/file",
        HOST_SOCKET: "/volume/none",
        STORE: "/store",
      };
      inside.write({ Dockerfile: dockerfile(base, environment, ""), word });
      const flags = ["--secret id=word,src=/context/word", ...argumentsFor({ environment })].join(" ");
      const ended = await inside.run(
        `echo of the container > /volume/file; sleep 600 & $OCI build --progress plain --root /store ${flags} --build-arg HOST_PID=$! /context`,
      );
      check(t, ended, ofTheContainer);
      checkPowers(t, ended, { root: 1, user: 0, ofUser: "0" });
    },
  );
});

/**
 * The attacks that succeed as root with all of the machine's processes, devices and settings: in a changed root directory,
 * and in a root mount where the attacked files have the names that they have outside.
 */
async function withoutSandbox(t: Test, root: string): Promise<ReadonlySet<string>> {
  const machine = await attackedMachine(t, "self", root);
  const every = "/attacks/every machine; /attacks/every network";
  const script = `
    mount --bind "$ROOT" "$ROOT" && cd "$ROOT" && mkdir -p proc sys dev run old
    mount --rbind /proc proc && mount --rbind /sys sys && mount --rbind /dev dev
    echo ${word} > tmp/left`;
  const changed = `${script}; exec chroot . /bin/sh -c '${every}' 9< /proc`;
  const named = `${script}
    mkdir -p "$ROOT$FILES" "$ROOT$ROOT" && touch "$ROOT$ROOT/oci-layout" && mount --bind "$FILES" "$ROOT$FILES"
    pivot_root . old && umount -l /old && exec /bin/sh -c '${every}'`;
  const env = { ...process.env, ...machine.environment, ROOT: root, FILES: join(machine.file, "..") };
  const make = async (how: string): Promise<readonly string[]> => {
    const { stdout } = await run(["unshare", "--mount", "--uts", "--propagation", "private", "sh", "-c", how], { env });
    return [...results(stdout)].filter(([, { end }]) => end === "succeeded").map(([name]) => name);
  };
  const inRoot = (await make(changed)).filter((name) => !withNames.includes(name));
  return new Set([...inRoot, ...(await make(named)).filter((name) => withNames.includes(name))]);
}

function argumentsFor({ environment }: Pick<Attacked, "environment">): readonly string[] {
  return Object.entries(environment).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]);
}

/** Every attack was made, and only those that are named succeeded. */
function check(
  t: Test,
  { code, stderr }: Ended,
  possible: readonly string[],
  kinds: readonly Kind[] = ["machine", "network"],
): void {
  if (code !== 0) throw new Error(stderr);
  const found = results(stderr);
  for (const name of kinds.flatMap(attacks)) {
    const { end, said } = found.get(name) ?? { end: "was not made", said: "" };
    t.equal(end, possible.includes(name) ? "succeeded" : "failed", `${name}: ${said}`);
  }
}

/** Docker's default capabilities, as bits. */
const docker = "a80425fb";

/** The no_new_privs of root and of another user, and that one's capabilities. */
interface Powers {
  readonly root: number;
  readonly user: number;
  readonly ofUser: string;
}

/** Docker's default capabilities for root, nothing to inherit; with the filter wherever it can be. */
function checkPowers(t: Test, { stdout, stderr }: Ended, expected: Powers): void {
  const [root, user] = [...(stdout + stderr).matchAll(/powers: (.*)/g)].map(([, powers]) => powers);
  const sets = (held: string): string =>
    `effective ${held} permitted ${held} inheritable 0 bounding ${docker} ambient 0`;
  t.equal(root, `${sets(docker)} filter 2 no_new_privs ${expected.root}`);
  t.equal(user, `${sets(expected.ofUser)} filter 2 no_new_privs ${expected.user}`);
}

/** Namespaces of its own, nothing of the machine's control groups, few devices, nothing to read, and no descriptor too many. */
async function checkView(t: Test, { stderr }: Ended): Promise<void> {
  const ours = (await output(["sh", "-c", "readlink /proc/self/ns/*"])).split("\n");
  const theirs = [...stderr.matchAll(/namespace (\w+:\[\d+\])/g)].map(([, namespace = ""]) => namespace);
  t.equal(theirs.length, 5);
  for (const namespace of theirs) t.notOk(ours.includes(namespace), namespace);
  t.match(stderr, / groups: \/\n/);
  const devices = / devices: (.*)/.exec(stderr)?.[1]?.split(" ") ?? [];
  const usual = "console core fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero".split(" ");
  t.same(
    devices.filter((name) => !usual.includes(name)),
    [],
  );
  t.match(stderr, / input ended\n/);
  // The fourth is the listing's own.
  t.match(stderr, / descriptors: 0 1 2 3\n/);
  const variables = / variables: (.*)/.exec(stderr)?.[1]?.split(" ") ?? [];
  t.same(
    variables.filter((name) => !/^(HOST_\w+|STORE|DISK|PATH|HOME|PWD|SHLVL|SOURCE_DATE_EPOCH)$/.test(name)),
    [],
  );
}

function results(text: string): ReadonlyMap<string, { readonly end: string; readonly said: string }> {
  const lines = text.matchAll(/attack ([\w-]+): (\w+): (.*)/g);
  return new Map([...lines].map(([, name = "", end = "", said = ""]) => [name, { end, said }]));
}
