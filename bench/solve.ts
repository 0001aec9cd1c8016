import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { busyboxLayout, push, startRegistry } from "../test/support/bases.ts";
import { checkout, isRoot } from "../test/support/checkout.ts";
import { temporaryDirectory, type Lifetime } from "../test/support/temporary.ts";
import { giveTo, type UserName } from "../test/support/users.ts";
import { docker } from "./docker.ts";
import { withLifetime } from "./lifetime.ts";
import { median } from "./measure.ts";
import { ociBuildPeer } from "./oci-build.ts";
import type { Peer } from "./peer.ts";
import { markdownRow, replaceMarked } from "./report.ts";
import { machineLine } from "./rounds.ts";
import { type Project, writeProject } from "./solve/project.ts";
import { addStepRecords } from "./solve/step-records.ts";

/** What finding out that little has to be done costs, against docker with its BuildKit and its daemon already up. */
const { values: flags } = parseArgs({
  options: { rounds: { type: "string", default: "7" }, write: { type: "boolean", default: false } },
  allowPositionals: true,
});

/** A line of the table: seconds by peer, and what is to be reached. */
interface Line {
  readonly work: string;
  readonly times: ReadonlyMap<string, number>;
  readonly toReach: string;
}

/** Trivial RUNs that a round builds one after the other, so that the start of the program does not count. */
const RUNS = 10;

await withLifetime(main);

async function main(lifetime: Lifetime): Promise<void> {
  const user: UserName = isRoot ? "ocib-subids" : "self";
  const directory = temporaryDirectory(lifetime, user);
  const base = `${await startRegistry(lifetime)}/library/busybox`;
  await push(await busyboxLayout(), base);
  const makeProject = (files: number): Project => {
    const project = writeProject(join(directory, `context-${files}`), base, files);
    giveTo(user, project.directory);
    return project;
  };
  const ours = join(directory, "oci-build");
  mkdirSync(ours);
  giveTo(user, ours);
  const peers = [ociBuildPeer(user, ours), await docker(lifetime)];
  const [small, large] = [makeProject(10_000), makeProject(100_000)];
  const lines: Line[] = [];
  for (const peer of peers) await peer.empty();
  const unchanged = await measure("nothing changed, 10,000 files", peers, small, () => undefined);
  lines.push({ ...unchanged, toReach: "≤ 0.2 s, ≤ 0.5 × docker" });
  lines.push({
    ...(await measure("nothing changed, 100,000 files", peers, large, () => undefined)),
    toReach: "≤ 0.6 s",
  });
  const oneRun = await measure("a RUN behind the COPY changed, 10,000 files", peers, small, () => small.change(1));
  lines.push({ ...oneRun, toReach: "" });
  lines.push({ work: "… more than nothing changed", times: less(oneRun, unchanged), toReach: "≤ 0.06 s" });
  const manyRuns = await measure(`${RUNS} RUNs changed, 10,000 files`, peers, small, () => small.change(RUNS));
  lines.push({ ...manyRuns, toReach: "" });
  const perRun = new Map([...less(manyRuns, oneRun)].map(([peer, time]) => [peer, time / (RUNS - 1)]));
  lines.push({ work: "… for each RUN more", times: perRun, toReach: "≤ 0.025 s" });
  addStepRecords(join(ours, "store-1"), 100_000);
  const crowded = await measure("nothing changed, 100,000 step records", peers.slice(0, 1), small, () => undefined);
  lines.push({ ...crowded, toReach: "as without" });
  report(peers, lines);
}

/** Medians of builds in turns, each after `change`. One build before them is not counted. */
async function measure(
  work: string,
  peers: readonly Peer[],
  project: Project,
  change: () => void,
): Promise<Pick<Line, "work" | "times">> {
  const times = new Map<string, number[]>(peers.map(({ name }) => [name, []]));
  for (let round = 0; round <= Number(flags.rounds); round += 1) {
    change();
    for (const peer of peers) {
      const start = performance.now();
      await peer.build(project.directory, { cache: true });
      const seconds = (performance.now() - start) / 1000;
      if (round > 0) times.get(peer.name)?.push(seconds);
    }
  }
  const medians = new Map([...times].map(([peer, list]) => [peer, median(list)]));
  console.error(`${work}: ${[...medians].map(([peer, time]) => `${peer} ${time.toFixed(3)}`).join(", ")}`);
  return { work, times: medians };
}

function less(line: Pick<Line, "times">, other: Pick<Line, "times">): ReadonlyMap<string, number> {
  return new Map([...line.times].map(([peer, time]) => [peer, time - (other.times.get(peer) ?? Number.NaN)]));
}

function report(peers: readonly Peer[], lines: readonly Line[]): void {
  const [first, other] = peers.map(({ name }) => name);
  const rows = lines.map(({ work, times, toReach }) => {
    const [a, b] = [times.get(first ?? ""), times.get(other ?? "")];
    const seconds = (time: number | undefined): string => (time === undefined ? "" : `${time.toFixed(3)} s`);
    return [work, a === undefined || b === undefined ? "" : (a / b).toFixed(2), toReach, seconds(a), seconds(b)];
  });
  const head = ["", `${first} / ${other}`, "to reach", ...peers.map(({ name }) => name)];
  const table = [head, head.map((_, index) => (index === 0 ? "---" : "---:")), ...rows].map(markdownRow).join("\n");
  const text = `${machineLine(flags.rounds)}\n\n${table}`;
  console.log(text);
  if (!flags.write) return;
  const page = join(checkout, "docs/benchmarks.md");
  writeFileSync(page, replaceMarked(readFileSync(page, "utf8"), text, "measured solve"));
}
