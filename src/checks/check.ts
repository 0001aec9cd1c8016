import type { StageIndex } from "../plan/step.ts";
import { type CheckOptions, commentedCheckOptions } from "../syntax/check-options.ts";
import type { InstructionNode } from "../syntax/parse.ts";
import type { Finding, Rule } from "./rule.ts";
import { rules } from "./rules.ts";
import type { FileSubject } from "./subject.ts";

export interface CheckScope {
  readonly options: CheckOptions;
  /** Whether a stage is to be looked at by the rules over stages: in a build, whether it is built. */
  readonly includes: (stage: StageIndex) => boolean;
}

/** Asks every rule that is wanted. The findings stand in the order of their places. */
export function check(file: FileSubject, { options, includes }: CheckScope): readonly Finding[] {
  const commented = commentedOptions(file.dockerfile.tree.instructions);
  const anywhere = [options, ...new Set(commented.values())];
  // An experimental rule that nobody asks for need not look.
  const asked = rules.filter((rule) => rule.experimental !== true || wanted(rule, anywhere));
  const findings = asked.flatMap((rule) =>
    remarksOf(rule, file, includes)
      .map((remark) => ({ rule: rule.name, ...remark }))
      .filter(({ range }) => {
        const here = commented.get(range.start.line);
        return wanted(rule, here === undefined ? [options] : [options, here]);
      }),
  );
  return findings.sort(({ range: { start: a } }, { range: { start: b } }) => a.line - b.line || a.column - b.column);
}

function remarksOf(rule: Rule, file: FileSubject, includes: CheckScope["includes"]): readonly Omit<Finding, "rule">[] {
  if (rule.over === "file") return rule.check(file);
  return file.stages.filter(({ source }) => includes(source.index)).flatMap((stage) => rule.check(stage, file));
}

/** BuildKit's rule: `skip` is for the ordinary ones, also `skip=all`, and experimental ones run only where they are asked for. */
function wanted({ name, experimental = false }: Rule, options: readonly CheckOptions[]): boolean {
  const names = (list: readonly string[]): boolean => list.includes(name) || list.includes("all");
  if (experimental) return options.some((one) => names(one.experimental));
  return !options.some((one) => names(one.skip));
}

/** The `# check=` comments directly above instructions, by the lines that they are for. */
function commentedOptions(nodes: readonly InstructionNode[]): ReadonlyMap<number, CheckOptions> {
  const lines = new Map<number, CheckOptions>();
  for (const { comments, range } of nodes) {
    const options = comments.length === 0 ? undefined : commentedCheckOptions(comments);
    if (options !== undefined)
      for (let line = range.start.line; line <= range.end.line; line += 1) lines.set(line, options);
  }
  return lines;
}
