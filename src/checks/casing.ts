import type { InstructionNode } from "../syntax/parse.ts";
import { splitBlanks } from "../syntax/words.ts";
import type { Remark } from "./rule.ts";
import type { FileSubject } from "./subject.ts";

/** StageNameCasing: the name behind AS is written in small letters. */
export function stageNameCasing({ stages }: FileSubject): readonly Remark[] {
  return stages.flatMap(({ from }) => {
    const name = wordsOf(from)[2];
    if (name === undefined || name === name.toLowerCase()) return [];
    return [{ message: `Stage name '${name}' should be lowercase`, range: from.arguments.range }];
  });
}

/** FromAsCasing: FROM and AS are both written in capitals, or both in small letters. */
export function fromAsCasing({ stages }: FileSubject): readonly Remark[] {
  return stages.flatMap(({ from }) => {
    const keyword = from.keyword.text;
    const as = wordsOf(from)[1];
    const wanted = casingOf(keyword);
    if (as === undefined || wanted === "mixed" || cased(as, wanted) === as) return [];
    return [{ message: `'${as}' and '${keyword}' keywords' casing do not match`, range: from.arguments.range }];
  });
}

/** ConsistentInstructionCasing: every instruction of a stage is written as most of them are; capitals win a draw. */
export function consistentInstructionCasing({ stages }: FileSubject): readonly Remark[] {
  const keywords = stages.flatMap(({ from, visits }) => [from.keyword, ...visits.map(({ node }) => node.keyword)]);
  const casings = keywords.map(({ text }) => casingOf(text));
  const lower = casings.filter((casing) => casing === "lower").length;
  const upper = casings.filter((casing) => casing === "upper").length;
  const majority = lower > upper ? "lower" : "upper";
  return keywords
    .filter((_, index) => casings[index] !== majority)
    .map(({ text, range }) => ({
      message: `Command '${text}' should match the case of the command majority (${majority}case)`,
      range,
    }));
}

function wordsOf(from: InstructionNode): readonly string[] {
  return splitBlanks(from.arguments.text);
}

function casingOf(text: string): "lower" | "upper" | "mixed" {
  if (text === text.toLowerCase()) return "lower";
  return text === text.toUpperCase() ? "upper" : "mixed";
}

function cased(text: string, casing: "lower" | "upper"): string {
  return casing === "lower" ? text.toLowerCase() : text.toUpperCase();
}
