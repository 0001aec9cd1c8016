import type { Remark } from "./rule.ts";
import type { FileSubject } from "./subject.ts";

/** NoEmptyContinuation: no blank line inside a continued instruction. One remark for each instruction, at its blank lines. */
export function noEmptyContinuation({ dockerfile }: FileSubject): readonly Remark[] {
  const broken = dockerfile.tree.instructions.filter(({ written }) => written.blanks.length > 0);
  return broken.flatMap(({ written: { blanks } }) => {
    const [first] = blanks;
    const last = blanks.at(-1);
    if (first === undefined || last === undefined) return [];
    return [{ message: "Empty continuation line", range: { start: first.start, end: last.end } }];
  });
}
