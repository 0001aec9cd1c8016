import type { InstructionNode } from "../syntax/node.ts";
import { didYouMean } from "../syntax/suggest.ts";
import { readCommand } from "./command.ts";
import { readFlags } from "./flag-values.ts";
import type { RunInstruction, UnsupportedInstruction } from "./instruction.ts";
import { readMount } from "./mount.ts";
import { argumentProblem } from "./problems.ts";

const networks = ["default", "none", "host"] as const;

/** `RUN [--mount=…]… [--network=default|none|host] command` or `RUN […] ["command", …]` */
export function readRun(node: InstructionNode): RunInstruction | UnsupportedInstruction {
  const flags = readFlags(node, { network: "text", mount: "texts", security: "text", device: "texts" });
  const asked = flags.text("network") ?? "default";
  const network = networks.find((known) => known === asked);
  if (network === undefined)
    throw argumentProblem(node, `invalid network mode ${JSON.stringify(asked)}${didYouMean(asked, networks)}`, {
      piece: `--network=${asked}`,
      hint: `--network is one of ${networks.join(", ")}`,
    });
  const command = readCommand(node, node.arguments.text);
  if (command.form === "exec" && command.argv.length === 0)
    throw argumentProblem(node, "RUN [] names no program", { hint: 'write RUN ["program", "argument"]' });
  const mounts = node.flags.filter(({ name }) => name === "mount").map((flag) => readMount(node, flag));
  if (flags.texts("device").length > 0)
    return refusedFlag(node, {
      flag: "RUN --device",
      reason: "steps get no devices of the machine, so that they build alike everywhere",
      hint: "leave the flag out, and use the device when the image runs",
    });
  const security = flags.text("security") ?? "sandbox";
  if (security === "insecure")
    return refusedFlag(node, {
      flag: "RUN --security=insecure",
      reason: "every step is sandboxed, and there is no way out of the sandbox",
      hint: "leave the flag out; for file systems, mount --mount=type=tmpfs or unpack archives without mounting them",
    });
  if (security !== "sandbox")
    throw argumentProblem(
      node,
      `invalid security mode ${JSON.stringify(security)}${didYouMean(security, ["sandbox", "insecure"])}`,
    );
  return { kind: "run", node, command, heredocs: node.heredocs, network, mounts };
}

/** A flag that would take a guarantee away. */
function refusedFlag(
  node: InstructionNode,
  { flag, reason, hint }: { readonly flag: string; readonly reason: string; readonly hint: string },
): UnsupportedInstruction {
  return { kind: "unsupported", node, code: "flag-unsupported", message: `${flag} is not allowed: ${reason}`, hint };
}
