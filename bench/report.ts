import { median, rows, type Row, type Times } from "./measure.ts";

export interface Column {
  readonly name: string;
  readonly version: string;
  readonly times: Times;
}

/** A Markdown table of medians: the first column's shares of the others, then everybody's seconds. */
export function renderTable(columns: readonly Column[]): string {
  const [first, ...others] = columns;
  if (first === undefined) return "";
  const head = [
    "",
    ...others.map((other) => `${first.name} / ${other.name}`),
    ...columns.map(({ name, version }) => `${name} ${version}`),
  ];
  const lines = rows.map((row) => [
    row,
    ...others.map((other) => (medianOf(first, row) / medianOf(other, row)).toFixed(2)),
    ...columns.map((column) => `${medianOf(column, row).toFixed(2)} s`),
  ]);
  return [head, head.map((_, index) => (index === 0 ? "---" : "---:")), ...lines].map(markdownRow).join("\n");
}

/** The page with the text between two marks replaced: `<!-- MARK -->` and `<!-- /MARK -->`. */
export function replaceMarked(page: string, text: string, mark = "measured"): string {
  const [before, rest] = page.split(`<!-- ${mark} -->`, 2);
  const after = rest?.split(`<!-- /${mark} -->`, 2)[1];
  if (before === undefined || after === undefined) throw new Error(`docs/benchmarks.md has lost its marks ${mark}`);
  return `${before}<!-- ${mark} -->\n${text}\n<!-- /${mark} -->${after}`;
}

function medianOf(column: Column, row: Row): number {
  return median(column.times.get(row) ?? []);
}

export function markdownRow(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
