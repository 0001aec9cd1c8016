import type { InstructionNode } from "../syntax/parse.ts";
import { didYouMean } from "../syntax/suggest.ts";
import { readCommand } from "./command.ts";
import { readFlags } from "./flag-values.ts";
import type { InstructionBody, RunInstruction, UnsupportedInstruction } from "./instruction.ts";
import { argumentProblem } from "./problems.ts";

const networks = ["default", "none", "host"] as const;

/** `RUN [--network=default|none|host] command` or `RUN […] ["command", …]` */
export function readRun(node: InstructionNode): InstructionBody<RunInstruction | UnsupportedInstruction> {
  const flags = readFlags(node, { network: "text", mount: "texts", security: "text", device: "texts" });
  const asked = flags.text("network") ?? "default";
  const network = networks.find((known) => known === asked);
  if (network === undefined)
    throw argumentProblem(node, `invalid network mode ${JSON.stringify(asked)}${didYouMean(asked, networks)}`, {
      piece: `--network=${asked}`,
      hint: `--network is one of ${networks.join(", ")}`,
    });
  const command = readCommand(node, node.arguments.text);
  if (flags.texts("mount").length > 0)
    return unsupportedFlag("RUN --mount", "use COPY for files, and ARG or ENV for settings");
  if (flags.texts("device").length > 0) return unsupportedFlag("RUN --device", "leave the flag out");
  const security = flags.text("security") ?? "sandbox";
  if (security === "insecure")
    return unsupportedFlag("RUN --security=insecure", "leave the flag out: RUN is always sandboxed");
  if (security !== "sandbox") throw argumentProblem(node, `invalid security mode ${JSON.stringify(security)}`);
  return { kind: "run", command, heredocs: node.heredocs, network };
}

/** A flag that BuildKit knows and oci-build does not build yet. */
export function unsupportedFlag(flag: string, hint: string): InstructionBody<UnsupportedInstruction> {
  return { kind: "unsupported", code: "flag-unsupported", message: `${flag} is not supported yet`, hint };
}
