import { contentOf, parseHeredocMark } from "../syntax/heredoc.ts";
import type { InstructionNode } from "../syntax/parse.ts";
import { splitBlanks } from "../syntax/words.ts";
import { readList } from "./command.ts";
import { readFlags } from "./flag-values.ts";
import type { CopyInstruction, InlineSource, InstructionBody, UnsupportedInstruction } from "./instruction.ts";
import { argumentProblem } from "./problems.ts";
import { unsupportedFlag } from "./run.ts";

/** `COPY [--from=…] [--chown=…] [--chmod=…] [--exclude=…]… SOURCE… DESTINATION`, also as a JSON array */
export function readCopy(node: InstructionNode): InstructionBody<CopyInstruction | UnsupportedInstruction> {
  const flags = readFlags(node, { from: "text", chown: "text", chmod: "text", exclude: "texts", link: "boolean", parents: "boolean" });
  const words = readList(node, splitBlanks);
  const destination = words.at(-1);
  if (destination === undefined || words.length < 2)
    throw argumentProblem(node, "COPY needs at least one source and a destination", { hint: "write COPY SOURCE… DESTINATION" });
  if (node.heredocs.length > 0 && parseHeredocMark(destination) !== undefined)
    throw argumentProblem(node, "a heredoc cannot be the destination of COPY");
  if (flags.isSet("link")) return unsupportedFlag("COPY --link", "leave --link out: the files in the image are the same");
  if (flags.isSet("parents")) return unsupportedFlag("COPY --parents", "copy each directory by its own COPY");
  const sources = words.slice(0, -1);
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

/** When two heredocs share a name, the last body counts for both, as in BuildKit. */
function inlineSource(node: InstructionNode, word: string): InlineSource | undefined {
  const mark = node.heredocs.length === 0 ? undefined : parseHeredocMark(word);
  const heredoc = node.heredocs.findLast(({ name }) => name === mark?.name);
  return heredoc && { name: heredoc.name, content: contentOf(heredoc), expand: heredoc.expand };
}

function emptyAsAbsent(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}
