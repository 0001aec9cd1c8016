import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { output, run, start, type Ended } from "./process.ts";
import { temporaryDirectory, type Lifetime } from "./temporary.ts";

/** Debian's own client fits its daemon; another one that stands earlier on the PATH may need a plugin to build. */
const client = existsSync("/usr/bin/docker") ? "/usr/bin/docker" : "docker";

export interface Docker {
  /** Runs the docker client against this daemon; any exit code is an answer. */
  run(...args: readonly string[]): Promise<Ended>;
}

/**
 * Starts a docker daemon of the test's own; needs root. It has its own socket and directories and leaves the machine's
 * network alone, so containers need `--network host` or `none`. It ends with the test.
 */
export async function startDockerd(t: Lifetime): Promise<Docker> {
  const directory = temporaryDirectory(t);
  const socket = join(directory, "docker.sock");
  const { child, ended } = start([
    "dockerd",
    "--iptables=false",
    "--bridge=none",
    `--data-root=${join(directory, "data")}`,
    `--exec-root=${join(directory, "exec")}`,
    `--pidfile=${join(directory, "pid")}`,
    `--host=unix://${socket}`,
  ]);
  t.teardown(async () => {
    if (child.exitCode !== null) return;
    child.kill("SIGTERM");
    await once(child, "exit");
    await unmountBelow(directory);
  });
  const docker = (...args: readonly string[]): Promise<Ended> =>
    run([client, `--host=unix://${socket}`, ...args], { env: { ...process.env, DOCKER_BUILDKIT: "1" } });
  for (;;) {
    if (child.exitCode !== null) throw new Error(`dockerd did not start: ${(await ended).stderr}`);
    if (existsSync(socket) && (await docker("version")).code === 0) return { run: docker };
    await sleep(100);
  }
}

/** The daemon leaves network namespaces and shared memory of containers mounted. */
async function unmountBelow(directory: string): Promise<void> {
  const mounts = (await output(["findmnt", "--noheadings", "--list", "--output", "TARGET"])).split("\n");
  for (const mount of mounts.filter((path) => path.startsWith(`${directory}/`)).toReversed())
    await output(["umount", "--lazy", mount]);
}
