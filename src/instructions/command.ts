import { readJsonForm } from "../syntax/json-form.ts";
import type { InstructionNode } from "../syntax/node.ts";
import type { CmdInstruction, Command, EntrypointInstruction, ShellInstruction } from "./instruction.ts";
import { readFlags } from "./flag-values.ts";
import { argumentProblem } from "./problems.ts";

/** `CMD command` or `CMD ["command", …]` */
export function readCmd(node: InstructionNode): CmdInstruction {
  readFlags(node, {});
  return { kind: "cmd", node, command: readCommand(node, node.arguments.text) };
}

/** `ENTRYPOINT command` or `ENTRYPOINT ["command", …]` */
export function readEntrypoint(node: InstructionNode): EntrypointInstruction {
  readFlags(node, {});
  return { kind: "entrypoint", node, command: readCommand(node, node.arguments.text) };
}

/** `SHELL ["executable", "argument", …]`, in this form only */
export function readShell(node: InstructionNode): ShellInstruction {
  readFlags(node, {});
  const command = readCommand(node, node.arguments.text);
  if (command.form === "shell" && command.line !== "")
    throw argumentProblem(node, "SHELL takes the JSON form only", { hint: 'write SHELL ["/bin/bash", "-c"]' });
  if (command.form === "shell" || command.argv.length === 0)
    throw argumentProblem(node, "SHELL needs at least one argument");
  return { kind: "shell", node, argv: command.argv };
}

/** A command line in either form. */
export function readCommand(node: InstructionNode, text: string): Command {
  const form = readJsonForm(text);
  if (form.kind === "mixed") throw argumentProblem(node, "the JSON form may hold nothing but strings");
  return form.kind === "json" ? { form: "exec", argv: form.items } : { form: "shell", line: text };
}

/** Arguments that are a list of words: JSON, or separated by blanks. */
export function readList(node: InstructionNode, split: (text: string) => string[]): readonly string[] {
  const form = readJsonForm(node.arguments.text);
  if (form.kind === "mixed") throw argumentProblem(node, "the JSON form may hold nothing but strings");
  return form.kind === "json" ? form.items : split(node.arguments.text);
}
