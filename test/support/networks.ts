import { execFileSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import type { Test } from "tap";
import { programFor } from "./cli.ts";
import { start, type Running } from "./process.ts";
import { temporaryDirectory } from "./temporary.ts";
import { accountOf, type UserName } from "./users.ts";

/** Two machines on one wire, as network namespaces: `near` is where builds run, `far` has a web server. */
export interface Networks {
  /** Of the far web server, which answers every path. */
  readonly url: string;
  /** Port of a web server on the near machine's loopback; it listens on the abstract socket `ocib-abstract` too. */
  readonly loopbackPort: number;
  /** Starts a program as a user on the near machine. `before` is a shell line that root runs there first, on mounts of its own. */
  start(as: UserName, argv: readonly string[], options?: { path?: string; before?: string }): Running;
  startBuild(as: UserName, args: readonly string[], options?: { path?: string; before?: string }): Running;
  /** The processes on the near machine, but for its web server. */
  processes(): readonly number[];
}

const server = `
const [host, port] = process.argv.slice(1);
require("node:http").createServer((_, answer) => answer.end("hello")).listen(port, host, () => console.log("listening"));
if (host === "127.0.0.1") require("node:net").createServer().listen("\\0ocib-abstract");
`;

let count = 0;

/** Makes them; needs root. They end with the test. */
export async function makeNetworks(t: Test): Promise<Networks> {
  count += 1;
  const [near, far] = [`ocib-near-${process.pid}-${count}`, `ocib-far-${process.pid}-${count}`];
  const ip = (line: string): string => execFileSync("ip", line.split(" "), { encoding: "utf8" });
  t.teardown(() => {
    for (const name of [near, far]) ip(`netns del ${name}`);
  });
  for (const name of [near, far]) ip(`netns add ${name}`);
  ip(`link add ocib0 netns ${near} type veth peer name ocib0 netns ${far}`);
  for (const [name, address] of [
    [near, "198.18.0.1"],
    [far, "198.18.0.2"],
  ] as const) {
    ip(`-n ${name} addr add ${address}/24 dev ocib0`);
    for (const device of ["lo", "ocib0"]) ip(`-n ${name} link set ${device} up`);
  }
  ip(`-n ${near} route add default via 198.18.0.2`);
  const serve = async (name: string, host: string): Promise<number> => {
    const node = ["env", "-u", "NODE_OPTIONS", process.execPath, "-e", server, host, "8000"];
    const { child } = start(["ip", "netns", "exec", name, ...node]);
    t.teardown(() => child.kill());
    await new Promise((resolve) => child.stdout?.once("data", resolve));
    return child.pid ?? 0;
  };
  await serve(far, "198.18.0.2");
  const own = await serve(near, "127.0.0.1");

  // The machine's own device may be root's alone; the usual mode is this one.
  const tun = join(temporaryDirectory(t), "tun");
  execFileSync("mknod", [tun, "c", "10", "200"]);
  chmodSync(tun, 0o666);
  const self: Networks = {
    url: "http://198.18.0.2:8000/",
    loopbackPort: 8000,
    start: (as, argv, { path = process.env["PATH"] ?? "", before = "true" } = {}) => {
      const user = as === "self" ? undefined : accountOf(as);
      const become =
        user === undefined ? [] : ["setpriv", `--reuid=${user.uid}`, `--regid=${user.gid}`, "--init-groups"];
      const home = user?.home ?? process.env["HOME"] ?? "/";
      const environment = ["env", "-u", "NODE_OPTIONS", "-u", "XDG_RUNTIME_DIR", `HOME=${home}`, `PATH=${path}`];
      const script = `mount --bind ${tun} /dev/net/tun && ${before} && exec "$@"`;
      return start(["ip", "netns", "exec", near, "sh", "-c", script, "sh", ...become, ...environment, ...argv], {
        cwd: home,
      });
    },
    startBuild: (as, args, options) =>
      self.start(as, [...programFor(as), "build", "--progress", "plain", ...args], options),
    processes: () =>
      ip(`netns pids ${near}`)
        .split("\n")
        .map(Number)
        .filter((pid) => pid !== 0 && pid !== own),
  };
  return self;
}
