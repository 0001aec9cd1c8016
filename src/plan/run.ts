import { contentOf, parseHeredocMark } from "../syntax/heredoc.ts";
import type { RunInstruction } from "../instructions/instruction.ts";
import type { ContainerConfig } from "../oci/image.ts";
import { withShell } from "./config.ts";
import { PlanFault } from "./fault.ts";

/**
 * The command line of RUN. A heredoc that is the whole command becomes the script that the shell is given; any other
 * heredocs are put back behind the line, for the shell to read.
 * @throws PlanFault `instruction-unsupported` for a script with `#!`
 */
export function runArgv({ command, heredocs }: RunInstruction, config: ContainerConfig): readonly string[] {
  if (command.form === "exec") return command.argv;
  const [first] = heredocs;
  if (first === undefined) return withShell(config, command.line);
  if (parseHeredocMark(command.line) === undefined)
    return withShell(config, [command.line, ...heredocs.map(({ body, name }) => `${body}${name}`)].join("\n"));
  const script = contentOf(first);
  if (script.startsWith("#!"))
    throw new PlanFault(
      "instruction-unsupported",
      "RUN of a heredoc that begins with #! is not supported yet",
      `call the interpreter: RUN ${interpreter(script)} <<${first.name}`,
    );
  return withShell(config, script);
}

/** What stands in brackets behind the title of a RUN whose command is a heredoc: its first line. */
export function heredocSummary({ command, heredocs }: RunInstruction): string {
  const [first] = heredocs;
  if (first === undefined || command.form === "exec" || parseHeredocMark(command.line) === undefined) return "";
  const lines = contentOf(first).trim().split(/\r?\n/);
  return ` (${lines[0]}${lines.length > 1 ? "..." : ""})`;
}

function interpreter(script: string): string {
  const [line = ""] = script.slice(2).split("\n");
  return line.trim().replace(/^\/usr\/bin\/env (-S )?/, "");
}
