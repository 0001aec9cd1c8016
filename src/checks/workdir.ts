import { posix } from "node:path";
import type { Remark } from "./rule.ts";
import type { StageSubject } from "./subject.ts";

/**
 * WorkdirRelativePath: the first WORKDIR of this Dockerfile says where it is, and does not lean on the base image, which
 * may change. Later ones lean on the first.
 */
export function workdirRelativePath(stage: StageSubject): readonly Remark[] {
  if (stage.inherits.workdir || !stage.leaves.workdir) return [];
  const first = stage.visits.find(({ instruction }) => instruction.kind === "workdir");
  const path = first?.words[0]?.text;
  if (first === undefined || path === undefined || posix.isAbsolute(path)) return [];
  const message = `Relative workdir ${JSON.stringify(path)} can have unexpected results if the base image changes`;
  return [{ message, range: first.instruction.node.range }];
}
