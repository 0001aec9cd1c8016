import { contentOf, parseHeredocMark } from "../syntax/heredoc.ts";
import { readJsonForm } from "../syntax/json-form.ts";
import type { InstructionNode } from "../syntax/node.ts";
import { splitBlanks } from "../syntax/words.ts";
import { readList } from "./command.ts";
import { type FlagValues, readFlags } from "./flag-values.ts";
import type { AddInstruction, CopyInstruction, InlineSource } from "./instruction.ts";
import { argumentProblem } from "./problems.ts";

const commonFlags = { chown: "text", chmod: "text", exclude: "texts", link: "boolean" } as const;
const copyFlags = { from: "text", ...commonFlags, parents: "boolean" } as const;
const addFlags = { ...commonFlags, checksum: "text", "keep-git-dir": "boolean", unpack: "boolean" } as const;

/** `COPY [--from=…] [--chown=…] [--chmod=…] [--link] [--parents] [--exclude=…]… SOURCE… DESTINATION`, also as a JSON array */
export function readCopy(node: InstructionNode): CopyInstruction {
  const flags = readFlags(node, copyFlags);
  const { sources, inline, destination, owner, mode, exclude, link } = readCommon(node, flags);
  const from = emptyAsAbsent(flags.text("from"));
  const parents = flags.boolean("parents") ?? false;
  return { kind: "copy", node, sources, inline, destination, owner, mode, exclude, link, from, parents };
}

/** `ADD [--chown=…] [--chmod=…] [--link] [--exclude=…]… [--checksum=…] [--keep-git-dir] [--unpack] SOURCE… DESTINATION` */
export function readAdd(node: InstructionNode): AddInstruction {
  const flags = readFlags(node, addFlags);
  const { sources, inline, destination, owner, mode, exclude, link } = readCommon(node, flags);
  const checksum = emptyAsAbsent(flags.text("checksum"));
  const keepGitDirectory = flags.boolean("keep-git-dir");
  const unpack = flags.boolean("unpack");
  return {
    kind: "add",
    node,
    sources,
    inline,
    destination,
    owner,
    mode,
    exclude,
    link,
    checksum,
    keepGitDirectory,
    unpack,
  };
}

type Common = Pick<CopyInstruction, "sources" | "inline" | "destination" | "owner" | "mode" | "exclude" | "link">;

function readCommon(node: InstructionNode, flags: FlagValues<keyof typeof commonFlags>): Common {
  const { sources, inline, destination } = readWords(node);
  return {
    sources,
    inline,
    destination,
    owner: emptyAsAbsent(flags.text("chown")),
    mode: emptyAsAbsent(flags.text("chmod")),
    exclude: flags.texts("exclude"),
    link: flags.boolean("link") ?? false,
  };
}

type Words = Pick<CopyInstruction, "sources" | "inline" | "destination">;

function readWords(node: InstructionNode): Words {
  const words = readList(node, splitBlanks);
  const destination = words.at(-1);
  if (destination === undefined || words.length < 2)
    throw argumentProblem(node, `${node.name} needs at least one source and a destination`, {
      hint: `write ${node.name} SOURCE… DESTINATION`,
    });
  if (parseHeredocMark(destination) !== undefined)
    throw argumentProblem(node, `a heredoc cannot be the destination of ${node.name}`, { piece: destination });
  const sources = words.slice(0, -1);
  if (!node.arguments.text.includes("<<")) return { sources, inline: [], destination };
  const lost = sources.find((word) => isHeredocWithoutBody(node, word));
  if (lost !== undefined && readJsonForm(node.arguments.text).kind === "plain")
    throw argumentProblem(node, `${lost} opens no heredoc, because a quote on the line stays open`, { piece: lost });
  return {
    sources: sources.filter((word) => inlineSource(node, word) === undefined),
    inline: sources.map((word) => inlineSource(node, word)).filter((source) => source !== undefined),
    destination,
  };
}

function isHeredocWithoutBody(node: InstructionNode, word: string): boolean {
  const mark = parseHeredocMark(word);
  return mark !== undefined && !node.heredocs.some(({ name }) => name === mark.name);
}

/** When two heredocs share a name, the last body counts for both, as in BuildKit. */
function inlineSource(node: InstructionNode, word: string): InlineSource | undefined {
  const mark = node.heredocs.length === 0 ? undefined : parseHeredocMark(word);
  const heredoc = node.heredocs.findLast(({ name }) => name === mark?.name);
  return heredoc && { name: heredoc.name, content: contentOf(heredoc), expand: heredoc.expand };
}

function emptyAsAbsent(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}
