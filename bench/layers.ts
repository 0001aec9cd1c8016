import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { debianLayout, push, startRegistry } from "../test/support/bases.ts";
import { output } from "../test/support/process.ts";
import { checkout } from "../test/support/checkout.ts";
import { temporaryDirectory, type Lifetime } from "../test/support/temporary.ts";
import { withLifetime } from "./lifetime.ts";
import { type Comparison, measureComparison, renderRows, type Row } from "./layers/comparison.ts";
import { cloning } from "./layers/cloning.ts";
import { copying } from "./layers/copying.ts";
import { packing } from "./layers/packing.ts";
import { pulling, type Served } from "./layers/pulling.ts";
import { loadMaterial, writeLargeFile, writeSmallFiles } from "./layers/trees.ts";
import { versionLine } from "./layers/versions.ts";
import { replaceMarked } from "./report.ts";
import { machineLine } from "./rounds.ts";

/** What the layer engine does, against the programs that do a part of it. */
const { values: flags } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    /** Only work whose description holds this text. */
    only: { type: "string", default: "" },
    write: { type: "boolean", default: false },
  },
  allowPositionals: true,
});

await withLifetime(main);

async function main(lifetime: Lifetime): Promise<void> {
  const directory = temporaryDirectory(lifetime);
  const [small, large, base] = [join(directory, "small"), join(directory, "large"), join(directory, "base")];
  const material = await loadMaterial();
  writeSmallFiles(small, 10_000, material);
  writeLargeFile(large, 1 << 30, material);
  mkdirSync(base);
  await output(["tar", "-xzf", material.blob, "-C", base]);
  const comparisons: readonly Comparison[] = [
    pulling(await serveBase(lifetime), lifetime),
    ...packing("10,000 small files", small, { gzip: 0.6, zstd: 0.9 }),
    ...packing("one file of 1 GiB", large, { gzip: 0.5, zstd: 0.5 }),
    ...copying(small, join(directory, "stat")),
    cloning(base),
  ];
  let targets = 0;
  const results = join(directory, "results");
  mkdirSync(results);
  const newTarget = (): string => join(results, String((targets += 1)));
  const rows: Row[] = [];
  for (const comparison of comparisons.filter(({ work }) => work.includes(flags.only)))
    rows.push(...(await measureComparison(comparison, { rounds: Number(flags.rounds), newTarget })));
  const report = `${machineLine(flags.rounds)}\n${await versionLine()}\n\n${renderRows(rows)}`;
  console.log(report);
  if (!flags.write) return;
  const page = join(checkout, "docs/benchmarks.md");
  writeFileSync(page, replaceMarked(readFileSync(page, "utf8"), report, "measured layers"));
}

async function serveBase(lifetime: Lifetime): Promise<Served> {
  const name = `${await startRegistry(lifetime)}/library/debian`;
  await push(await debianLayout(), name);
  const [host, ...path] = name.split("/");
  const repository = `http://${host}/v2/${path.join("/")}`;
  const headers = { accept: "application/vnd.oci.image.manifest.v1+json" };
  const answer = await fetch(`${repository}/manifests/latest`, { headers });
  const { layers } = (await answer.json()) as { layers: { digest: string }[] };
  return { name, blob: `${repository}/blobs/${layers[0]?.digest}` };
}
