import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startBasesWithDebian } from "../test/support/bases.ts";
import { isRoot } from "../test/support/checkout.ts";
import { ociBuild } from "../test/support/cli.ts";
import { temporaryDirectory, type Lifetime } from "../test/support/temporary.ts";
import { giveTo, type UserName } from "../test/support/users.ts";
import { withLifetime } from "./lifetime.ts";
import { median } from "./measure.ts";
import { successful } from "./successful.ts";

/** What a RUN costs a user without sub-ids, whose system calls about owners are answered, over one with them. */
const steps = {
  "apt-get install": "apt-get update && apt-get install -y --no-install-recommends redis-server openssh-server sudo",
  "chown -R of all files": "chown -R 33:33 /usr/share && chown -R 0:0 /usr/share",
  "tar of /usr and back": "mkdir /copy && tar -C /usr -cf - share lib | tar -C /copy -xpf -",
  "1,000 processes": "i=0; while [ $i -lt 1000 ]; do /bin/true; i=$((i+1)); done",
  "computing only": "i=0; while [ $i -lt 3000000 ]; do i=$((i+1)); done",
} as const;
type Step = keyof typeof steps;

const users = ["ocib-subids", "ocib-plain"] as const satisfies readonly UserName[];

if (!isRoot) throw new Error("this benchmark needs root, to become two users");
const { values } = parseArgs({ args: process.argv.slice(3), options: { rounds: { type: "string", default: "5" } } });
await withLifetime(main);

interface Spent {
  /** Seconds on the clock. */
  readonly wall: number;
  /** Seconds of the processors, for all processes of the build. */
  readonly cpu: number;
}

async function main(lifetime: Lifetime): Promise<void> {
  const { debian } = await startBasesWithDebian(lifetime);
  const places = users.map((as) => ({ as, directory: temporaryDirectory(lifetime, as) }));
  console.log("| RUN | with sub-ids | without | ratio | ratio of processor time |\n|---|---:|---:|---:|---:|");
  for (const step of Object.keys(steps) as Step[]) {
    const spent = new Map<UserName, Spent[]>(users.map((as) => [as, []]));
    for (let round = 0; round <= Number(values.rounds); round += 1) {
      for (const { as, directory } of places) {
        const once = await build(as, directory, `FROM ${debian}\nRUN ${steps[step]}\n`);
        // The first round unpacks the base.
        if (round > 0) spent.get(as)?.push(once);
      }
    }
    const medians = (of: keyof Spent): readonly [number, number] => {
      const [ids = Number.NaN, none = Number.NaN] = users.map((as) =>
        median((spent.get(as) ?? []).map((it) => it[of])),
      );
      return [ids, none];
    };
    const [[withIds, without], [cpuWithIds, cpuWithout]] = [medians("wall"), medians("cpu")];
    const seconds = [withIds, without].map((it) => `${it.toFixed(2)} s`).join(" | ");
    console.log(
      `| ${step} | ${seconds} | ${(without / withIds).toFixed(2)} | ${(cpuWithout / cpuWithIds).toFixed(2)} |`,
    );
  }
}

/** What a build of a base and one step takes. */
async function build(as: UserName, directory: string, dockerfile: string): Promise<Spent> {
  const context = join(directory, "context");
  mkdirSync(context, { recursive: true });
  writeFileSync(join(context, "Dockerfile"), dockerfile);
  giveTo(as, context);
  const args = ["build", "--progress", "plain", "--no-cache", "--root", join(directory, "store"), context];
  const [started, before] = [performance.now(), cpuOfChildren()];
  await successful(ociBuild(args, { as }));
  return { wall: (performance.now() - started) / 1000, cpu: cpuOfChildren() - before };
}

/** Of all processes that ended: proc(5), cutime and cstime, in hundredths of a second. */
function cpuOfChildren(): number {
  const fields = readFileSync("/proc/self/stat", "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[13]) + Number(fields[14])) / 100;
}
