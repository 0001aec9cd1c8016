import { statSync } from "node:fs";
import { median } from "../measure.ts";
import type { Round } from "./timed.ts";

/** Somebody who does a piece of work, each time for a new target. */
export interface Worker {
  readonly name: string;
  /** Does it once. `target` is a path that nothing has yet, in a directory that stays until the end. */
  work(target: string): Promise<Round>;
}

/** A piece of work that we and others do. */
export interface Comparison {
  /** What is done. */
  readonly work: string;
  readonly ours: Worker;
  readonly peers: readonly (Worker & { readonly toReach: number })[];
  /** The target is a file, and its size counts, too. */
  readonly makesFile: boolean;
}

/** Medians of a worker's rounds. */
interface Measured extends Round {
  /** Bytes of the file that was made. */
  readonly size: number;
}

export interface Row {
  readonly work: string;
  readonly peer: string;
  readonly toReach: number;
  readonly ours: Measured;
  readonly theirs: Measured;
}

/** Measures in turns, so that other work on the machine hits everybody alike. */
export async function measureComparison(
  comparison: Comparison,
  { rounds, newTarget }: { readonly rounds: number; readonly newTarget: () => string },
): Promise<readonly Row[]> {
  const { work, ours, peers, makesFile } = comparison;
  const workers = [ours, ...peers];
  const taken = new Map<Worker, Measured[]>(workers.map((worker) => [worker, []]));
  for (let round = 1; round <= rounds; round += 1)
    for (const worker of workers) {
      const target = newTarget();
      const measured = { ...(await worker.work(target)), size: makesFile ? statSync(target).size : Number.NaN };
      const { seconds, processor, memory } = measured;
      const shown = `${seconds.toFixed(2)} s, processor ${processor.toFixed(2)} s, ${memory.toFixed(0)} MiB`;
      console.error(`${work}, round ${round}, ${worker.name}: ${shown}`);
      taken.get(worker)?.push(measured);
    }
  const mediansOf = (worker: Worker): Measured => medians(taken.get(worker) ?? []);
  return peers.map((peer) => ({
    work,
    peer: peer.name,
    toReach: peer.toReach,
    ours: mediansOf(ours),
    theirs: mediansOf(peer),
  }));
}

function medians(rounds: readonly Measured[]): Measured {
  const of = (key: keyof Measured): number => median(rounds.map((round) => round[key]));
  return { seconds: of("seconds"), processor: of("processor"), memory: of("memory"), size: of("size") };
}

const head = [
  "work",
  "against",
  "ratio",
  "to reach",
  "processor time",
  "size",
  "oci-build",
  "other",
  "memory",
  "other's",
];

/** A Markdown table, the share of the peer's time first. */
export function renderRows(rows: readonly Row[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const ratio = ({ ours, theirs }: Row, key: keyof Measured): string =>
    Number.isNaN(ours[key]) ? "" : (ours[key] / theirs[key]).toFixed(2);
  const cells = (row: Row): readonly string[] => [
    row.work,
    row.peer,
    ratio(row, "seconds"),
    `≤ ${row.toReach}`,
    ratio(row, "processor"),
    ratio(row, "size"),
    `${row.ours.seconds.toFixed(2)} s`,
    `${row.theirs.seconds.toFixed(2)} s`,
    `${row.ours.memory.toFixed(0)} MiB`,
    `${row.theirs.memory.toFixed(0)} MiB`,
  ];
  return [head, head.map((_, index) => (index < 2 ? "---" : "---:")), ...rows.map(cells)].map(line).join("\n");
}
