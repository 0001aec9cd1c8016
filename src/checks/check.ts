import type { StageIndex } from "../plan/step.ts";
import { type CheckOptions, commentedCheckOptions } from "../syntax/check-options.ts";
import type { InstructionName, InstructionNode } from "../syntax/node.ts";
import { comparePositions } from "../syntax/source.ts";
import type { Finding, InstructionRule, Remark, Rule } from "./rule.ts";
import { rules } from "./rules.ts";
import type { FileSubject, StageSubject } from "./subject.ts";

export interface CheckScope {
  readonly options: CheckOptions;
  /** Whether a stage is to be looked at by the rules over stages: in a build, whether it is built. */
  readonly includes: (stage: StageIndex) => boolean;
}

/** Asks every rule that is wanted. The findings stand in the order of their places, and at one place of the rules' names. */
export function check(file: FileSubject, { options, includes }: CheckScope): readonly Finding[] {
  const commented = commentedOptions(file.dockerfile.tree.instructions);
  const anywhere = [options, ...new Set(commented.values())];
  // An experimental rule that nobody asks for need not look.
  const asked = rules.filter((rule) => rule.experimental !== true || wanted(rule, anywhere));
  const stages = file.stages.filter(({ source }) => includes(source.index));
  const findings: Finding[] = [];
  for (const [rule, remarks] of remarksOf(asked, file, stages))
    for (const { message, range } of remarks) {
      const here = commented.get(range.start.line);
      if (wanted(rule, here === undefined ? [options] : [options, here]))
        findings.push({ rule: rule.name, message, range });
    }
  return findings.sort(inOrder);
}

type Answer = readonly [Rule, readonly Remark[]];

function remarksOf(asked: readonly Rule[], file: FileSubject, stages: readonly StageSubject[]): readonly Answer[] {
  const answers: Answer[] = [];
  const add = (rule: Rule, remarks: readonly Remark[]): void => {
    if (remarks.length > 0) answers.push([rule, remarks]);
  };
  const overInstructions = new Map<InstructionName, (InstructionRule & Rule)[]>();
  for (const rule of asked)
    if (rule.over === "file") add(rule, rule.check(file));
    else if (rule.over === "stage") for (const stage of stages) add(rule, rule.check(stage, file));
    else for (const name of rule.over) overInstructions.set(name, [...(overInstructions.get(name) ?? []), rule]);
  for (const stage of stages)
    stage.visits.forEach((visit) =>
      overInstructions.get(visit.instruction.node.name)?.forEach((rule) => add(rule, rule.check(visit, stage, file))),
    );
  return answers;
}

function inOrder(one: Finding, other: Finding): number {
  return (
    comparePositions(one.range.start, other.range.start) || (one.rule < other.rule ? -1 : Number(one.rule > other.rule))
  );
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
  for (const node of nodes) {
    const options = node.comments.length === 0 ? undefined : commentedCheckOptions(node.comments);
    if (options === undefined) continue;
    const { start, end } = node.lines;
    for (let line = start; line <= end; line += 1) lines.set(line, options);
  }
  return lines;
}
