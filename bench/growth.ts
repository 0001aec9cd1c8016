import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { checkout } from "../test/support/checkout.ts";
import { temporaryDirectory, type Lifetime } from "../test/support/temporary.ts";
import { withLifetime } from "./lifetime.ts";
import { timeCopying } from "./layers/copying.ts";
import { timePacking } from "./layers/packing.ts";
import { type Line, plot } from "./layers/plot.ts";
import { type Round, timeHelper } from "./layers/timed.ts";
import { loadMaterial, writeSmallFiles } from "./layers/trees.ts";
import { replaceMarked } from "./report.ts";
import { machineLine } from "./rounds.ts";

/** How the time of processors, which other work disturbs least, and memory grow with the number of files. */
const { values: flags } = parseArgs({
  options: {
    counts: { type: "string", default: "10000,100000,1000000" },
    write: { type: "boolean", default: false },
  },
  allowPositionals: true,
});

const works = ["diff and pack", "apply", "COPY"] as const;
await withLifetime(main);

async function main(lifetime: Lifetime): Promise<void> {
  const directory = temporaryDirectory(lifetime);
  const material = await loadMaterial();
  const counts = flags.counts.split(",").map(Number);
  const rounds: (readonly Round[])[] = [];
  for (const count of counts) {
    const tree = join(directory, String(count));
    writeSmallFiles(tree, count, material);
    rounds.push(await measure(tree));
  }
  const lines = works.map((name, work): Line => ({
    name,
    points: counts.map((count, index) => [count, rounds[index]?.[work]?.processor ?? Number.NaN]),
  }));
  const report = [machineLine("1"), "", ...table(counts, rounds)].join("\n");
  console.log(report);
  if (!flags.write) return;
  const page = join(checkout, "docs/benchmarks.md");
  writeFileSync(page, replaceMarked(readFileSync(page, "utf8"), report, "measured growth"));
  mkdirSync(join(checkout, "docs/benchmarks"), { recursive: true });
  writeFileSync(join(checkout, "docs/benchmarks/growth.svg"), plot(lines));
}

/** One round for each work, in their order. */
async function measure(tree: string): Promise<readonly Round[]> {
  const blob = `${tree}.blob`;
  const rounds = [
    await timePacking(tree, { target: blob, compression: "gzip" }),
    await timeHelper((session) =>
      session.call("apply", {
        blob,
        compression: "gzip",
        growing: false,
        target: `${tree}.applied`,
        limits: { size: Number.MAX_SAFE_INTEGER, ratio: 1000 },
      }),
    ),
    await timeCopying(tree, `${tree}.copied`),
  ];
  for (const [work, { seconds, processor, memory }] of rounds.entries())
    console.error(
      `${tree}: ${works[work]} ${seconds.toFixed(2)} s, processor ${processor.toFixed(2)} s, ${memory.toFixed(0)} MiB`,
    );
  return rounds;
}

function table(counts: readonly number[], rounds: readonly (readonly Round[])[]): readonly string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const perFile = (round: Round | undefined, count: number): string =>
    round === undefined
      ? ""
      : `${round.seconds.toFixed(1)} s, processor ${round.processor.toFixed(1)} s (${((1e6 * round.processor) / count).toFixed(0)} µs a file), ${round.memory.toFixed(0)} MiB`;
  return [
    line(["", ...counts.map((count) => `${count.toLocaleString("en-US")} files`)]),
    line(["---", ...counts.map(() => "---:")]),
    ...works.map((name, work) => line([name, ...counts.map((count, index) => perFile(rounds[index]?.[work], count))])),
  ];
}
