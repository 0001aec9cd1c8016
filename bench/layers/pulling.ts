import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { programFor } from "../../test/support/cli.ts";
import { startDockerd } from "../../test/support/dockerd.ts";
import type { Lifetime } from "../../test/support/temporary.ts";
import { successful } from "../successful.ts";
import type { Comparison } from "./comparison.ts";
import { peakOf, processorOf, type Round, timeCommand, timeShell } from "./timed.ts";

/** Where the base is to be had: its name in the registry, and the address of its one layer there. */
export interface Served {
  readonly name: string;
  readonly blob: string;
}

/** A base from a registry on the loopback becomes a directory. */
export function pulling({ name, blob }: Served, lifetime: Lifetime): Comparison {
  return {
    work: "pull, verify and unpack a Debian base of 61 MB",
    makesFile: false,
    ours: { name: "oci-build", work: (target) => pull(name, target) },
    peers: [
      {
        name: "curl, gzip -dc, tar x",
        toReach: 0.8,
        work: (target) => {
          mkdirSync(target);
          return timeShell(`curl -sSf ${blob} | gzip -dc | tar -C ${target} -xpf -`);
        },
      },
      { name: "docker pull", toReach: 0.3, work: () => dockerPull(name, lifetime) },
      {
        name: "buildah pull",
        toReach: 1,
        work: (target) => {
          const store = [
            "--root",
            join(target, "root"),
            "--runroot",
            join(target, "run"),
            "--storage-driver",
            "overlay",
          ];
          return timeCommand(["buildah", ...store, "pull", "--quiet", "--tls-verify=false", name]);
        },
      },
    ],
  };
}

/** There is no command that only pulls. The RUN makes the build unpack the base. */
function pull(name: string, target: string): Promise<Round> {
  mkdirSync(target);
  writeFileSync(join(target, "Dockerfile"), `FROM ${name}\nRUN true\n`);
  return timeCommand([...programFor("self"), "build", "--quiet", "--root", join(target, "store"), target]);
}

/** A daemon for each round, so that nothing has to be deleted in between; it is up when the clock starts. */
async function dockerPull(name: string, lifetime: Lifetime): Promise<Round> {
  const daemon = await startDockerd(lifetime);
  const pid = newestDaemon();
  const before = processorOf(pid);
  const start = performance.now();
  await successful(daemon.run("pull", "--quiet", name));
  const seconds = (performance.now() - start) / 1000;
  return { seconds, processor: processorOf(pid) - before, memory: peakOf(pid) };
}

function newestDaemon(): number {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim().split(" ");
  const isDaemon = (pid: string): boolean => readFileSync(`/proc/${pid}/comm`, "utf8") === "dockerd\n";
  return Number(children.filter(isDaemon).at(-1));
}
