import { splitQuoted } from "../syntax/words.ts";
import type { Remark } from "./rule.ts";
import type { FileSubject, StageSubject } from "./subject.ts";

/** LegacyKeyValueFormat: `ENV NAME=VALUE`, not `ENV NAME VALUE`. */
export function legacyKeyValueFormat({ visits }: StageSubject, { dockerfile }: FileSubject): readonly Remark[] {
  return visits.flatMap(({ node }) => {
    if (node.name !== "ENV" && node.name !== "LABEL") return [];
    const [first = "="] = splitQuoted(node.arguments.text, dockerfile.escape);
    if (first.includes("=")) return [];
    const { text: keyword } = node.keyword;
    const message = `"${keyword} key=value" should be used instead of legacy "${keyword} key value" format`;
    return [{ message, range: node.range }];
  });
}

/** Whole words of a name that say "secret" … */
const sensitive = /(?:_|^)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)/i;
/** … and those that say that it is none after all. */
const harmless = /(?:_|^)(?:public|file|version)(?:_|$)/i;

/** SecretsUsedInArgOrEnv: what ARG and ENV hold can be read from the image. */
export function secretsUsedInArgOrEnv({ visits }: StageSubject): readonly Remark[] {
  return visits.flatMap(({ node, instruction }) =>
    namesIn(instruction)
      .filter((name) => sensitive.test(name) && !harmless.test(name))
      .map((name) => ({
        message: `Do not use ARG or ENV instructions for sensitive data (${node.name} ${JSON.stringify(name)})`,
        range: node.range,
      })),
  );
}

function namesIn(instruction: StageSubject["visits"][number]["instruction"]): readonly string[] {
  if (instruction.kind === "env") return instruction.pairs.map(({ key }) => key);
  return instruction.kind === "arg" ? instruction.declarations.map(({ name }) => name) : [];
}
