import { quoted, quotedList } from "../plan/go-format.ts";
import type { Escape } from "../syntax/directives.ts";
import type { Heredoc } from "../syntax/heredoc.ts";
import { readJsonForm } from "../syntax/json-form.ts";
import type { FlagNode, InstructionNode, Piece } from "../syntax/node.ts";
import type { SyntaxTree } from "../syntax/parse.ts";
import { splitBlanks, splitOnce, splitQuoted } from "../syntax/words.ts";

/**
 * The tree as S-expressions, an instruction a line, in the form of BuildKit's dumper (its
 * frontend/dockerfile/parser, Node.Dump): `(copy ["--from=x"] "a" "b")`, `(env "NAME" "value" "=")`. The bodies of heredocs
 * are not in it.
 */
export function syntaxExpressions({ instructions, directives }: SyntaxTree): string {
  return instructions.map((node) => `${expressionOf(node, directives.escape)}\n`).join("");
}

function expressionOf(node: InstructionNode, escape: Escape): string {
  const flags = node.flags.length === 0 ? [] : [quotedList(node.flags.map(flagText))];
  const rest = node.trigger === undefined ? wordsOf(node, escape).map(quoted) : [expressionOf(node.trigger, escape)];
  return `(${[node.name.toLowerCase(), ...flags, ...rest].join(" ")})`;
}

function flagText({ name, value }: FlagNode): string {
  return value === undefined ? `--${name}` : `--${name}=${value}`;
}

/** The arguments as BuildKit's parser cuts them up. */
function wordsOf({ name, arguments: { text } }: InstructionNode, escape: Escape): readonly string[] {
  if (text === "") return [];
  switch (name) {
    case "ADD":
    case "COPY":
    case "VOLUME":
      return jsonItems(text) ?? splitBlanks(text);
    case "CMD":
    case "ENTRYPOINT":
    case "RUN":
    case "SHELL":
      return jsonItems(text) ?? [text];
    case "EXPOSE":
    case "FROM":
      return splitBlanks(text);
    case "ARG":
      return splitQuoted(text, escape);
    case "ENV":
    case "LABEL":
      return pairWords(text, escape);
    case "HEALTHCHECK": {
      const [, type = "", command = ""] = /^(\S*)\s*([^]*)$/.exec(text) ?? [];
      return command === "" ? [type] : [type, ...(jsonItems(command) ?? [command])];
    }
    case "MAINTAINER":
    case "ONBUILD":
    case "STOPSIGNAL":
    case "USER":
    case "WORKDIR":
      return [text];
  }
}

/** Name, value and what stood between: `=`, or nothing in the old form. */
function pairWords(text: string, escape: Escape): readonly string[] {
  const words = splitQuoted(text, escape);
  if (words[0]?.includes("=") === true)
    return words.flatMap((word) => {
      const [key, value = ""] = splitOnce(word, "=");
      return [key, value, "="];
    });
  const [, key = text, value = ""] = /^([^\t\v\f\r ]*)[\t\v\f\r ]+([^]*)$/.exec(text) ?? [];
  return [key, value, ""];
}

function jsonItems(text: string): readonly string[] | undefined {
  const form = readJsonForm(text);
  return form.kind === "json" ? form.items : undefined;
}

/** The tree with the range of every node, lines and columns from 1. */
export function syntaxJson({ source, directives, instructions, comments }: SyntaxTree): object {
  return {
    file: source.file,
    escape: directives.escape,
    directives: directives.list,
    instructions: instructions.map(nodeJson),
    comments,
  };
}

function nodeJson({
  name,
  range,
  keyword,
  flags,
  arguments: words,
  heredocs,
  comments,
  trigger,
}: InstructionNode): object {
  return {
    name,
    range,
    keyword: pieceJson(keyword),
    flags: flags.map(({ name: flag, value, range: place }) => ({ name: flag, value, range: place })),
    arguments: pieceJson(words),
    heredocs: heredocs.map(heredocJson),
    comments,
    ...(trigger !== undefined && { trigger: nodeJson(trigger) }),
  };
}

function pieceJson({ text, range }: Piece): object {
  return { text, range };
}

function heredocJson({ name, descriptor, stripTabs, expand, body, range }: Heredoc): object {
  return { name, descriptor, stripTabs, expand, body, range };
}
