import type { Command, CommandDescription } from "./command.ts";
import { flagHelp, flagLabel, shownFlags } from "./describe-flag.ts";
import { wrap } from "./wrap.ts";

/** Longest line of a help page, however wide the terminal is. */
const widest = 110;
/** Widest first column; a longer label gets a line of its own. */
const labelLimit = 34;

/** What `oci-build --help` prints. */
export function programHelp(commands: readonly Command[], columns: number): string {
  return page([
    ["Usage: oci-build COMMAND"],
    ["Builds OCI images from Dockerfiles, without a daemon and without root."],
    [
      "Commands:",
      ...twoColumns(
        [...commands.map(({ name, summary }) => [name, summary] as const), ["help [COMMAND]", "Show help"] as const],
        columns,
      ),
    ],
    [
      "Flags:",
      ...twoColumns(
        [
          ["-h, --help", "Show this help"],
          ["-v, --version", "Show the version"],
        ],
        columns,
      ),
    ],
    ["Each command tells its flags, examples and exit codes: oci-build COMMAND --help"],
  ]);
}

/** What `oci-build COMMAND --help` prints. */
export function commandHelp(command: CommandDescription, columns: number): string {
  const width = Math.min(columns, widest);
  const environment = Object.entries(command.environment ?? {});
  return page([
    [usageLine(command)],
    wrap(`${command.summary}.`, width),
    ...(command.description ?? []).map((paragraph) => wrap(paragraph, width)),
    [
      "Flags:",
      ...twoColumns(
        shownFlags(command.flags).map(([name, flag]) => [flagLabel(name, flag), flagHelp(flag)]),
        columns,
      ),
    ],
    ["Examples:", ...command.examples.flatMap(({ text, command: line }) => [`  # ${text}`, `  ${line}`])],
    ...(environment.length === 0 ? [] : [["Environment:", ...twoColumns(environment, columns)]]),
    ["Exit codes:", ...twoColumns(command.exitCodes, columns)],
  ]);
}

export function usageLine({ name, positionals }: CommandDescription): string {
  return `Usage: oci-build ${name} [FLAGS] ${positionals.usage}`.trimEnd();
}

function page(blocks: readonly (readonly string[])[]): string {
  return `${blocks.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function twoColumns(rows: readonly (readonly [string, string])[], columns: number): readonly string[] {
  const label = Math.min(labelLimit, Math.max(...rows.map(([left]) => left.length)));
  const margin = " ".repeat(label + 5);
  return rows.flatMap(([left, right]) => {
    const [first = "", ...more] = wrap(right, Math.max(20, Math.min(columns, widest) - margin.length));
    const below = more.map((line) => margin + line);
    return left.length > label
      ? [`  ${left}`, margin + first, ...below]
      : [`  ${left.padEnd(label)}   ${first}`, ...below];
  });
}
