import type { StageInstruction } from "../instructions/instruction.ts";
import { contentOf } from "../syntax/heredoc.ts";
import { readJsonForm } from "../syntax/json-form.ts";
import type { InstructionNode } from "../syntax/parse.ts";
import { splitBlanks } from "../syntax/words.ts";

export interface ExpandedWord {
  readonly text: string;
  /** `ignore` in heredocs, where quotes are ordinary characters. */
  readonly quotes: "remove" | "ignore";
}

/** Flags whose values may hold variables. */
const expandedFlags: ReadonlySet<string> = new Set(["chown", "chmod", "checksum", "mount"]);

/** The words of an instruction in which variables are expanded (https://docs.docker.com/reference/dockerfile/#environment-replacement). */
export function expandedWords(node: InstructionNode, instruction: StageInstruction): readonly ExpandedWord[] {
  switch (node.name) {
    case "ADD":
    case "COPY":
      return [...flagWords(node), ...plain(listOf(node)), ...bodies(node)];
    case "RUN":
      return flagWords(node);
    case "EXPOSE":
    case "VOLUME":
      return plain(listOf(node));
    case "WORKDIR":
    case "USER":
    case "STOPSIGNAL":
      return plain([node.arguments.text]);
    case "ENV":
    case "LABEL":
      return instruction.kind === "env" || instruction.kind === "label"
        ? plain(instruction.pairs.flatMap(({ key, value }) => [key, value]))
        : [];
    case "ARG":
      return instruction.kind === "arg" ? plain(instruction.declarations.flatMap(({ value }) => value ?? [])) : [];
    case "CMD":
    case "ENTRYPOINT":
    case "FROM":
    case "HEALTHCHECK":
    case "MAINTAINER":
    case "ONBUILD":
    case "SHELL":
      return [];
  }
}

/** Arguments that are a JSON array, or words between blanks. */
export function listOf({ arguments: { text } }: InstructionNode): readonly string[] {
  const form = readJsonForm(text);
  return form.kind === "json" ? form.items : splitBlanks(text);
}

function flagWords({ flags }: InstructionNode): readonly ExpandedWord[] {
  return plain(flags.flatMap(({ name, value }) => (value !== undefined && expandedFlags.has(name) ? [value] : [])));
}

function bodies({ heredocs }: InstructionNode): readonly ExpandedWord[] {
  return heredocs
    .filter((heredoc) => heredoc.expand)
    .map((heredoc) => ({ text: contentOf(heredoc), quotes: "ignore" as const }));
}

function plain(words: readonly string[]): readonly ExpandedWord[] {
  return words.map((text) => ({ text, quotes: "remove" }));
}
