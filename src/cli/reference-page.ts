import type { CommandDescription } from "./command.ts";
import { flagHelp, flagLabel, shownFlags } from "./describe-flag.ts";
import { usageLine } from "./help.ts";

/** The Markdown of docs/cli.md: every command and flag, from the same tables as the help. */
export function referencePage(commands: readonly CommandDescription[]): string {
  return [
    "# Command line",
    "",
    "Flags are written as docker writes them: `--flag value` or `--flag=value`, `-f value` or `-fvalue`, one-letter flags joined",
    "(`-qt name`), `--flag=false` for a switch, and `--` before arguments that begin with a dash.",
    "",
    ...commands.map(({ name, summary }) => `- [\`oci-build ${name}\`](#oci-build-${name}): ${summary}`),
    "",
    ...commands.flatMap(section),
  ].join("\n");
}

function section(command: CommandDescription): readonly string[] {
  const environment = Object.entries(command.environment ?? {});
  return [
    `## oci-build ${command.name}`,
    "",
    "```",
    usageLine(command).replace("Usage: ", ""),
    "```",
    "",
    `${command.summary}.`,
    "",
    ...(command.description ?? []).flatMap((paragraph) => [paragraph, ""]),
    ...table(
      "Flag",
      shownFlags(command.flags).map(([name, flag]) => [`\`${flagLabel(name, flag).trim()}\``, flagHelp(flag)]),
    ),
    ...table(
      "Variable",
      environment.map(([name, meaning]) => [`\`${name}\``, meaning]),
    ),
    ...table("Exit code", command.exitCodes),
    ...command.examples.flatMap(({ text, command: line }) => [`${text}:`, "", "```", line, "```", ""]),
    ...refusals(command),
  ];
}

function table(head: string, rows: readonly (readonly [string, string])[]): readonly string[] {
  if (rows.length === 0) return [];
  return [
    `| ${head} | Meaning |`,
    "|---|---|",
    ...rows.map(([left, right]) => `| ${cell(left)} | ${cell(right)} |`),
    "",
  ];
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
}

/** Flags of other builders, by what is said of them. */
function refusals({ refused }: CommandDescription): readonly string[] {
  const bySentence = new Map<string, string[]>();
  for (const [name, sentence] of Object.entries(refused)) {
    const spelled = `\`${name.startsWith("-") ? name : `--${name}`}\``;
    bySentence.set(sentence, [...(bySentence.get(sentence) ?? []), spelled]);
  }
  if (bySentence.size === 0) return [];
  const lines = Array.from(bySentence, ([sentence, names]) => `- ${names.toSorted().join(", ")}: ${sentence}.`);
  return ["Known from other builders and refused by name:", "", ...lines, ""];
}
