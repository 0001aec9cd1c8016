import type { StageInstruction } from "../instructions/instruction.ts";
import type { InstructionName, InstructionNode } from "../syntax/node.ts";
import type { Remark } from "./rule.ts";
import type { FileSubject, StageSubject } from "./subject.ts";
import type { Visit } from "./variables.ts";

/** MaintainerDeprecated: a label names the author. */
export function maintainerDeprecated({ dockerfile }: FileSubject): readonly Remark[] {
  return dockerfile.tree.instructions
    .filter(({ name }) => name === "MAINTAINER")
    .map(({ range }) => ({ message: "Maintainer instruction is deprecated in favor of using label", range }));
}

/**
 * JSONArgsRecommended: a process that a shell starts does not get the signals that stop the container. Where SHELL was
 * set, here or below, the shell is taken as wanted.
 */
export function jsonArgsRecommended({ instruction }: Visit, stage: StageSubject): readonly Remark[] {
  if (instruction.kind !== "cmd" && instruction.kind !== "entrypoint") return [];
  if (instruction.command.form === "exec" || stage.inherits.shell) return [];
  if (stage.leaves.shell && isBehindShell(instruction, stage)) return [];
  const { keyword, range } = instruction.node;
  const message = `JSON arguments recommended for ${keyword.text} to prevent unintended behavior related to OS signals`;
  return [{ message, range }];
}

function isBehindShell(instruction: StageInstruction, { source: { instructions } }: StageSubject): boolean {
  return instructions.slice(0, instructions.indexOf(instruction)).some(({ kind }) => kind === "shell");
}

const onlyLastCounts: ReadonlySet<InstructionName> = new Set(["CMD", "ENTRYPOINT", "HEALTHCHECK"]);

/** MultipleInstructionsDisallowed: of several CMDs only the last counts; the ones before it are told. */
export function multipleInstructionsDisallowed({ source }: StageSubject): readonly Remark[] {
  const remarks: Remark[] = [];
  const last = new Map<InstructionName, InstructionNode>();
  for (const { node } of source.instructions) {
    if (!onlyLastCounts.has(node.name)) continue;
    const range = last.get(node.name)?.range;
    const message = `Multiple ${node.keyword.text} instructions should not be used in the same stage because only the last one will be used`;
    if (range !== undefined) remarks.push({ message, range });
    last.set(node.name, node);
  }
  return remarks;
}
