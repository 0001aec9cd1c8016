import type { InstructionNode } from "../syntax/node.ts";
import { splitBlanks } from "../syntax/words.ts";
import { readFlags } from "./flag-values.ts";
import type { FromInstruction } from "./instruction.ts";
import { argumentProblem } from "./problems.ts";

const stageName = /^[a-z][a-z0-9-_.]*$/;

/** `FROM [--platform=PLATFORM] IMAGE [AS NAME]` */
export function readFrom(node: InstructionNode): FromInstruction {
  const platform = readFlags(node, { platform: "text" }).text("platform");
  const words = splitBlanks(node.arguments.text);
  const [base, as, name] = words;
  if (
    base === undefined ||
    (words.length !== 1 && words.length !== 3) ||
    (as !== undefined && as.toLowerCase() !== "as")
  )
    throw argumentProblem(node, "FROM needs one or three arguments", {
      hint: "write FROM image or FROM image AS name",
    });
  if (name !== undefined && !stageName.test(name.toLowerCase()))
    throw argumentProblem(node, `invalid stage name ${JSON.stringify(name)}`, {
      piece: name,
      hint: "a stage name starts with a letter and holds letters, digits, -, _ and . only",
    });
  return { kind: "from", node, base, platform, name: name?.toLowerCase() };
}
