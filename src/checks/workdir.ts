import { posix } from "node:path";
import type { Remark } from "./rule.ts";
import type { StageBase, StageSubject } from "./subject.ts";

/**
 * WorkdirRelativePath: the first WORKDIR of this Dockerfile says where it is, and does not lean on the base image, which
 * may change. Later ones lean on the first.
 */
export function workdirRelativePath({ base, visits }: StageSubject): readonly Remark[] {
  const first = visits.find(({ instruction }) => instruction.kind === "workdir");
  const [path] = first?.words ?? [];
  if (first === undefined || path === undefined || setBelow(base) || posix.isAbsolute(path.text)) return [];
  const message = `Relative workdir ${JSON.stringify(path.text)} can have unexpected results if the base image changes`;
  return [{ message, range: first.node.range }];
}

function setBelow(base: StageBase): boolean {
  if (base.kind !== "stage") return false;
  return base.stage.visits.some(({ instruction }) => instruction.kind === "workdir") || setBelow(base.stage.base);
}
