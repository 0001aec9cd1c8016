import { contentOf, parseHeredocMark } from "../syntax/heredoc.ts";
import { readJsonForm } from "../syntax/json-form.ts";
import type { InstructionNode } from "../syntax/parse.ts";
import { splitBlanks } from "../syntax/words.ts";
import { readList } from "./command.ts";
import { readFlags } from "./flag-values.ts";
import type { CopyInstruction, InlineSource, InstructionBody, UnsupportedInstruction } from "./instruction.ts";
import { argumentProblem } from "./problems.ts";
import { unsupportedFlag } from "./run.ts";

const addFlags = { chown: "text", chmod: "text", checksum: "text", exclude: "texts", link: "boolean", "keep-git-dir": "boolean", unpack: "boolean" } as const;

/** ADD is checked as far as COPY is, and then refused when its stage is needed. */
export function readAdd(node: InstructionNode): InstructionBody<UnsupportedInstruction> {
  readFlags(node, addFlags);
  readWords(node);
  const hint = "use COPY for files of the build context; RUN curl and RUN tar fetch and unpack";
  return { kind: "unsupported", code: "instruction-unsupported", message: "ADD is not supported yet", hint };
}

/** `COPY [--from=…] [--chown=…] [--chmod=…] [--exclude=…]… SOURCE… DESTINATION`, also as a JSON array */
export function readCopy(node: InstructionNode): InstructionBody<CopyInstruction | UnsupportedInstruction> {
  const flags = readFlags(node, { from: "text", chown: "text", chmod: "text", exclude: "texts", link: "boolean", parents: "boolean" });
  const { sources, destination } = readWords(node);
  if (flags.isSet("link")) return unsupportedFlag("COPY --link", "leave --link out: the files in the image are the same");
  if (flags.isSet("parents")) return unsupportedFlag("COPY --parents", "copy each directory by its own COPY");
  const inline = sources.map((word) => inlineSource(node, word)).filter((source) => source !== undefined);
  return {
    kind: "copy",
    sources: sources.filter((word) => inlineSource(node, word) === undefined),
    inline,
    destination,
    from: emptyAsAbsent(flags.text("from")),
    owner: emptyAsAbsent(flags.text("chown")),
    mode: emptyAsAbsent(flags.text("chmod")),
    exclude: flags.texts("exclude"),
  };
}

function readWords(node: InstructionNode): { sources: readonly string[]; destination: string } {
  const words = readList(node, splitBlanks);
  const destination = words.at(-1);
  if (destination === undefined || words.length < 2)
    throw argumentProblem(node, `${node.name} needs at least one source and a destination`, { hint: `write ${node.name} SOURCE… DESTINATION` });
  if (parseHeredocMark(destination) !== undefined) throw argumentProblem(node, `a heredoc cannot be the destination of ${node.name}`);
  const sources = words.slice(0, -1);
  const lost = isPlain(node) ? sources.find((word) => isHeredocWithoutBody(node, word)) : undefined;
  if (lost !== undefined) throw argumentProblem(node, `${lost} opens no heredoc, because a quote on the line stays open`);
  return { sources, destination };
}

function isPlain(node: InstructionNode): boolean {
  return readJsonForm(node.arguments.text).kind === "plain";
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
