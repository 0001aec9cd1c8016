import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, release } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { checkout } from "../test/support/checkout.ts";
import { median } from "./measure.ts";
import { replaceMarked } from "./report.ts";

/** Somebody whose work is timed. */
export interface Contender {
  readonly name: string;
  /** Seconds that one round took. */
  readonly round: () => Promise<number> | number;
}

/** Measures contenders in turns and prints a table of medians; with `--write` also into docs/benchmarks.md. */
export async function measureInTurns(scenario: string, contenders: readonly Contender[]): Promise<void> {
  const { values: flags } = parseArgs({
    options: { rounds: { type: "string", default: "7" }, write: { type: "boolean", default: false } },
    allowPositionals: true,
  });
  const times = new Map(contenders.map(({ name }) => [name, [] as number[]]));
  for (let turn = 0; turn < Number(flags.rounds); turn += 1)
    for (const { name, round } of contenders) times.get(name)?.push(await round());
  const rows = [...times].map(([name, list]) => `| ${name} | ${median(list).toFixed(3)} s |`);
  const report = [machineLine(flags.rounds), "", "|  | median |", "| --- | ---: |", ...rows].join("\n");
  console.log(report);
  if (!flags.write) return;
  const page = join(checkout, "docs/benchmarks.md");
  writeFileSync(page, replaceMarked(readFileSync(page, "utf8"), report, `measured ${scenario}`));
}

/** When, where and how often something was measured. */
export function machineLine(rounds: string): string {
  const date = new Date().toISOString().slice(0, 10);
  const model = cpus()[0]?.model.trim() ?? "an unknown processor";
  return `Measured on ${date}: Linux ${release()}, Node ${process.versions.node}, ${availableParallelism()} cores of ${model}; medians of ${rounds}, in seconds.`;
}

/** Version of a package that the measurements are compared with. */
export function versionOf(name: string): string {
  const file = join(checkout, "node_modules", name, "package.json");
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
