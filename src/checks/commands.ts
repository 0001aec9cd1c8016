import type { Remark } from "./rule.ts";
import type { FileSubject, StageBase, StageSubject } from "./subject.ts";

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
  let wanted = shellWanted(stage.base);
  return stage.visits.flatMap(({ node, instruction }) => {
    if (instruction.kind === "shell") wanted = true;
    if (wanted || (instruction.kind !== "cmd" && instruction.kind !== "entrypoint")) return [];
    if (instruction.command.form === "exec") return [];
    const message = `JSON arguments recommended for ${node.keyword.text} to prevent unintended behavior related to OS signals`;
    return [{ message, range: node.range }];
  });
}

/** An unknown image might have a SHELL: then nothing is said. */
function shellWanted(base: StageBase): boolean {
  switch (base.kind) {
    case "scratch":
      return false;
    case "unknown":
      return true;
    case "image":
      return base.image === undefined || (base.image.config.config?.Shell ?? []).length > 0;
    case "stage":
      return base.stage.visits.some(({ instruction }) => instruction.kind === "shell") || shellWanted(base.stage.base);
  }
}

const onlyLast: ReadonlySet<string> = new Set(["CMD", "ENTRYPOINT", "HEALTHCHECK"]);

/** MultipleInstructionsDisallowed: of several CMDs only the last counts; the ones before it are told. */
export function multipleInstructionsDisallowed({ visits }: StageSubject): readonly Remark[] {
  const remarks: Remark[] = [];
  const earlier = new Map<string, Remark["range"]>();
  for (const { node } of visits) {
    if (!onlyLast.has(node.name)) continue;
    const range = earlier.get(node.name);
    const message = `Multiple ${node.keyword.text} instructions should not be used in the same stage because only the last one will be used`;
    if (range !== undefined) remarks.push({ message, range });
    earlier.set(node.name, node.range);
  }
  return remarks;
}
