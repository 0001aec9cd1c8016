import { contentOf, parseHeredocMark } from "../syntax/heredoc.ts";
import type { RunInstruction } from "../instructions/instruction.ts";
import type { ContainerConfig } from "../oci/image.ts";
import { withShell } from "./config.ts";

/** Where a script with `#!` is mounted, as in BuildKit: the history tells. */
const scriptDirectory = "/dev/pipes";

/** How RUN starts its process. */
export interface RunCommand {
  /** The complete command line. */
  readonly argv: readonly string[];
  /** A file that must be there for it, executable and read-only. */
  readonly script?: Script | undefined;
}

export interface Script {
  readonly path: string;
  readonly content: string;
}

/**
 * The command of RUN. A heredoc that is the whole command becomes the script that the shell is given, or with `#!` a
 * program of its own; any other heredocs are put back behind the line, for the shell to read.
 */
export function runCommand({ command, heredocs }: RunInstruction, config: ContainerConfig): RunCommand {
  if (command.form === "exec") return { argv: command.argv };
  const [first] = heredocs;
  if (first === undefined) return { argv: withShell(config, command.line) };
  if (parseHeredocMark(command.line) === undefined)
    return {
      argv: withShell(config, [command.line, ...heredocs.map(({ body, name }) => `${body}${name}`)].join("\n")),
    };
  const content = contentOf(first);
  // The kernel looks for #! at the very beginning.
  const [program] = /^\n*(?=#!)/.exec(content) ?? [];
  if (program === undefined) return { argv: withShell(config, content) };
  const path = `${scriptDirectory}/${first.name}`;
  return { argv: withShell(config, path), script: { path, content: content.slice(program.length) } };
}

/** What stands in brackets behind the title of a RUN whose command is a heredoc: its first line. */
export function heredocSummary({ command, heredocs }: RunInstruction): string {
  const [first] = heredocs;
  if (first === undefined || command.form === "exec" || parseHeredocMark(command.line) === undefined) return "";
  const lines = contentOf(first).trim().split(/\r?\n/);
  return ` (${lines[0]}${lines.length > 1 ? "..." : ""})`;
}
