import type { InstructionNode } from "../syntax/node.ts";
import { splitBlanks } from "../syntax/words.ts";
import type { Remark } from "./rule.ts";
import type { FileSubject } from "./subject.ts";

/** StageNameCasing: the name behind AS is written in small letters. */
export function stageNameCasing({ stages }: FileSubject): readonly Remark[] {
  return stages.flatMap(
    ({
      source: {
        from: { node: from },
      },
    }) => {
      const name = wordsOf(from)[2];
      if (name === undefined || name === name.toLowerCase()) return [];
      return [{ message: `Stage name '${name}' should be lowercase`, range: from.arguments.range }];
    },
  );
}

/** FromAsCasing: FROM and AS are both written in capitals, or both in small letters. */
export function fromAsCasing({ stages }: FileSubject): readonly Remark[] {
  return stages.flatMap(
    ({
      source: {
        from: { node: from },
      },
    }) => {
      const keyword = from.keyword.text;
      const as = wordsOf(from)[1];
      const wanted = casingOf(keyword);
      if (as === undefined || wanted === "mixed" || cased(as, wanted) === as) return [];
      return [{ message: `'${as}' and '${keyword}' keywords' casing do not match`, range: from.arguments.range }];
    },
  );
}

/** ConsistentInstructionCasing: every instruction of a stage is written as most of them are; capitals win a draw. */
export function consistentInstructionCasing({ stages }: FileSubject): readonly Remark[] {
  const nodes: InstructionNode[] = [];
  const count = { lower: 0, upper: 0, mixed: 0 };
  for (const { source } of stages) {
    nodes.push(source.from.node);
    for (const { node } of source.instructions) nodes.push(node);
  }
  for (const node of nodes) count[keywordCasing(node)] += 1;
  const majority = count.lower > count.upper ? "lower" : "upper";
  if (count[majority] === nodes.length) return [];
  return nodes
    .filter((node) => keywordCasing(node) !== majority)
    .map(({ keyword: { text, range } }) => ({
      message: `Command '${text}' should match the case of the command majority (${majority}case)`,
      range,
    }));
}

function keywordCasing(node: InstructionNode): "lower" | "upper" | "mixed" {
  return node.line.startsWith(node.name) ? "upper" : casingOf(node.keyword.text);
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
