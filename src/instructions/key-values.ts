import type { Escape } from "../syntax/directives.ts";
import type { InstructionNode } from "../syntax/node.ts";
import { splitQuoted } from "../syntax/words.ts";
import { readFlags } from "./flag-values.ts";
import type { ArgInstruction, EnvInstruction, KeyValue, LabelInstruction } from "./instruction.ts";
import { argumentProblem } from "./problems.ts";

/** `ENV NAME=VALUE …`, or the old `ENV NAME VALUE` where the value is all that follows */
export function readEnv(node: InstructionNode, escape: Escape): EnvInstruction {
  return { kind: "env", node, pairs: readPairs(node, escape) };
}

/** `LABEL NAME=VALUE …`, or the old `LABEL NAME VALUE` */
export function readLabel(node: InstructionNode, escape: Escape): LabelInstruction {
  return { kind: "label", node, pairs: readPairs(node, escape) };
}

/** `ARG NAME[=DEFAULT] …` */
export function readArg(node: InstructionNode, escape: Escape): ArgInstruction {
  readFlags(node, {});
  const words = splitQuoted(node.arguments.text, escape);
  if (words.length === 0) throw argumentProblem(node, "ARG needs at least one name");
  const declarations = words.map((word) => {
    const equals = word.indexOf("=");
    if (equals === 0) throw argumentProblem(node, "ARG without a name in front of =", { piece: word });
    return equals < 0
      ? { name: word, value: undefined }
      : { name: word.slice(0, equals), value: word.slice(equals + 1) };
  });
  return { kind: "arg", node, declarations };
}

function readPairs(node: InstructionNode, escape: Escape): readonly KeyValue[] {
  readFlags(node, {});
  const { text } = node.arguments;
  const words = splitQuoted(text, escape);
  if (words.length === 0) throw argumentProblem(node, `${node.name} needs at least one NAME=VALUE`);
  if (words[0]?.includes("=") !== true) return [readOldPair(node)];
  return words.map((word) => {
    const equals = word.indexOf("=");
    if (equals < 0)
      throw argumentProblem(node, `no = in ${JSON.stringify(word)}`, {
        piece: word,
        hint: "write NAME=VALUE, and quotes around a value with spaces",
      });
    if (equals === 0) throw argumentProblem(node, `${node.name} without a name in front of =`, { piece: word });
    return { key: word.slice(0, equals), value: word.slice(equals + 1) };
  });
}

function readOldPair(node: InstructionNode): KeyValue {
  const [, key, value] = /^([^\t\v\f\r ]*)[\t\v\f\r ]+([^]*)$/.exec(node.arguments.text) ?? [];
  if (key === undefined || value === undefined)
    throw argumentProblem(node, `${node.name} needs a name and a value`, { hint: `write ${node.name} NAME=VALUE` });
  return { key, value };
}
