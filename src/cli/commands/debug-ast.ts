import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { syntaxExpressions, syntaxJson } from "../../describe/syntax-tree.ts";
import { messageOf, OciBuildError } from "../../errors.ts";
import { parse } from "../../syntax/parse.ts";
import { errorOf, throwAll } from "../../syntax/problem.ts";
import { readSource } from "../../syntax/source.ts";
import { defineCommand, type Command } from "../command.ts";

export const debugAstCommand: Command = defineCommand({
  name: "debug ast",
  summary: "Show the syntax tree of a Dockerfile",
  description: [
    "Prints the Dockerfile FILE (- for standard input) as S-expressions, an instruction a line, in the form of BuildKit's parser; or as JSON with the place of every node.",
  ],
  positionals: { usage: "FILE", min: 1, max: 1 },
  flags: {
    format: {
      type: "choice",
      choices: ["text", "json"],
      default: "text",
      help: "S-expressions, or JSON with lines and columns that count from 1.",
    },
  },
  examples: [{ text: "How a Dockerfile is read", command: "oci-build debug ast Dockerfile" }],
  exitCodes: [
    ["0", "printed"],
    ["1", "the file cannot be read as a Dockerfile"],
    ["2", "the command line is wrong"],
  ],

  run: async ({ flags, positionals: [file = ""] }, { stdout }) => {
    const source = readSource(file === "-" ? "Dockerfile" : file, await contentOf(file));
    const result = parse(source);
    if (result.kind === "problems")
      throwAll(
        source,
        result.problems.map((problem) => errorOf(source, problem)),
      );
    const tree = result.kind === "tree" ? result.tree : result.readable;
    stdout.write(flags.format === "json" ? `${JSON.stringify(syntaxJson(tree), null, 2)}\n` : syntaxExpressions(tree));
    return 0;
  },
});

async function contentOf(file: string): Promise<Uint8Array> {
  try {
    return file === "-" ? await buffer(process.stdin) : await readFile(file);
  } catch (error) {
    throw new OciBuildError("dockerfile-unreadable", `cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
}
