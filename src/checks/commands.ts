import type { Remark } from "./rule.ts";
import { type FileSubject, type StageSubject, visitsOf } from "./subject.ts";

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
export function jsonArgsRecommended(stage: StageSubject): readonly Remark[] {
  if (stage.inherits.shell) return [];
  const [shell] = visitsOf(stage, "SHELL");
  const remarks: Remark[] = [];
  for (const { node, instruction } of visitsOf(stage, "CMD", "ENTRYPOINT")) {
    if (shell !== undefined && shell.node.range.start.line < node.range.start.line) continue;
    if ((instruction.kind !== "cmd" && instruction.kind !== "entrypoint") || instruction.command.form === "exec")
      continue;
    const message = `JSON arguments recommended for ${node.keyword.text} to prevent unintended behavior related to OS signals`;
    remarks.push({ message, range: node.range });
  }
  return remarks;
}

/** MultipleInstructionsDisallowed: of several CMDs only the last counts; the ones before it are told. */
export function multipleInstructionsDisallowed(stage: StageSubject): readonly Remark[] {
  return (["CMD", "ENTRYPOINT", "HEALTHCHECK"] as const).flatMap((name) => {
    const all = visitsOf(stage, name);
    return all.slice(0, -1).map(({ node: { range } }, index) => {
      const { text } = all[index + 1]?.node.keyword ?? { text: name };
      const message = `Multiple ${text} instructions should not be used in the same stage because only the last one will be used`;
      return { message, range };
    });
  });
}
