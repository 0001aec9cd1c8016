import type { KeyValue, StageInstruction } from "../instructions/instruction.ts";
import { contentOf } from "../syntax/heredoc.ts";
import { readJsonForm } from "../syntax/json-form.ts";
import type { InstructionNode } from "../syntax/node.ts";
import { splitBlanks } from "../syntax/words.ts";

/** Flags whose values may hold variables. */
const expandedFlags: ReadonlySet<string> = new Set(["chown", "chmod", "checksum", "mount"]);

/** The words of an instruction in which variables are expanded (https://docs.docker.com/reference/dockerfile/#environment-replacement). */
export function expandedWords(instruction: StageInstruction): readonly string[] {
  const { node } = instruction;
  switch (node.name) {
    case "ADD":
    case "COPY":
      return flagWords(node).concat(listOf(node));
    case "RUN":
      return flagWords(node);
    case "EXPOSE":
    case "VOLUME":
      return listOf(node);
    case "WORKDIR":
    case "USER":
    case "STOPSIGNAL":
      return [node.arguments.text];
    case "ENV":
    case "LABEL":
      return instruction.kind === "env" || instruction.kind === "label" ? pairWords(instruction.pairs) : [];
    case "ARG":
      return instruction.kind === "arg" ? instruction.declarations.flatMap(({ value }) => value ?? []) : [];
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

/** The heredocs that become files and in which variables are expanded; quotes are ordinary characters there. */
export function expandedBodies({ node: { name, heredocs } }: StageInstruction): readonly string[] {
  if (heredocs.length === 0 || (name !== "COPY" && name !== "ADD")) return [];
  return heredocs.filter((heredoc) => heredoc.expand).map(contentOf);
}

/** Arguments that are a JSON array, or words between blanks. */
export function listOf({ arguments: { text } }: InstructionNode): readonly string[] {
  const form = readJsonForm(text);
  return form.kind === "json" ? form.items : splitBlanks(text);
}

function flagWords({ flags }: InstructionNode): readonly string[] {
  return flags.filter(({ name }) => expandedFlags.has(name)).map(({ value = "" }) => value);
}

function pairWords(pairs: readonly KeyValue[]): readonly string[] {
  const words: string[] = [];
  for (const { key, value } of pairs) words.push(key, value);
  return words;
}
