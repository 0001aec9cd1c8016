import type { StageInstruction } from "../instructions/instruction.ts";
import { splitQuoted } from "../syntax/words.ts";
import type { Remark } from "./rule.ts";
import type { FileSubject, StageSubject } from "./subject.ts";
import type { Visit } from "./variables.ts";

/** LegacyKeyValueFormat: `ENV NAME=VALUE`, not `ENV NAME VALUE`. */
export function legacyKeyValueFormat(
  { instruction }: Visit,
  _stage: StageSubject,
  { dockerfile }: FileSubject,
): readonly Remark[] {
  if ((instruction.kind !== "env" && instruction.kind !== "label") || instruction.pairs.length > 1) return [];
  const { node } = instruction;
  const [first = "="] = splitQuoted(node.arguments.text, dockerfile.escape);
  if (first.includes("=")) return [];
  const { text: keyword } = node.keyword;
  const message = `"${keyword} key=value" should be used instead of legacy "${keyword} key value" format`;
  return [{ message, range: node.range }];
}

/** Whole words of a name that say "secret" … */
const sensitive = /(?:_|^)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)/i;
/** … and those that say that it is none after all. */
const harmless = /(?:_|^)(?:public|file|version)(?:_|$)/i;

/** SecretsUsedInArgOrEnv: what ARG and ENV hold can be read from the image. */
export function secretsUsedInArgOrEnv({ instruction }: Visit): readonly Remark[] {
  return namesIn(instruction)
    .filter((name) => sensitive.test(name) && !harmless.test(name))
    .map((name) => ({
      message: `Do not use ARG or ENV instructions for sensitive data (${instruction.node.name} ${JSON.stringify(name)})`,
      range: instruction.node.range,
    }));
}

function namesIn(instruction: StageInstruction): readonly string[] {
  if (instruction.kind === "env") return instruction.pairs.map(({ key }) => key);
  return instruction.kind === "arg" ? instruction.declarations.map(({ name }) => name) : [];
}
