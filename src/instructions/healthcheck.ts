import type { Healthcheck } from "../oci/image.ts";
import type { InstructionNode } from "../syntax/node.ts";
import { trim } from "../syntax/space.ts";
import { readCommand } from "./command.ts";
import { parseDuration } from "./duration.ts";
import type { FlagValues } from "./flag-values.ts";
import { readFlags } from "./flag-values.ts";
import type { HealthcheckInstruction } from "./instruction.ts";
import { argumentProblem } from "./problems.ts";

const flagTypes = {
  interval: "text",
  timeout: "text",
  "start-period": "text",
  "start-interval": "text",
  retries: "text",
} as const;
type Flags = FlagValues<keyof typeof flagTypes>;

/** `HEALTHCHECK [--interval=…] [--timeout=…] [--start-period=…] [--start-interval=…] [--retries=…] CMD command` or `HEALTHCHECK NONE` */
export function readHealthcheck(node: InstructionNode): HealthcheckInstruction {
  const [, type = "", rest = ""] = /^(\S*)([^]*)$/.exec(node.arguments.text) ?? [];
  const command = trim(rest);
  const kind = type.toUpperCase();
  const flags = readFlags(node, flagTypes);
  if (kind === "NONE") {
    if (command !== "") throw argumentProblem(node, "HEALTHCHECK NONE takes no arguments");
    return { kind: "healthcheck", node, healthcheck: { Test: ["NONE"] } };
  }
  if (kind !== "CMD")
    throw argumentProblem(
      node,
      type === "" ? "HEALTHCHECK needs an argument" : `unknown type ${JSON.stringify(type)} of HEALTHCHECK`,
      {
        piece: type,
        hint: "write HEALTHCHECK CMD command or HEALTHCHECK NONE",
      },
    );
  return { kind: "healthcheck", node, healthcheck: { Test: testOf(node, command), ...timing(node, flags) } };
}

function testOf(node: InstructionNode, text: string): string[] {
  const command = readCommand(node, text);
  if (command.form === "shell" ? command.line === "" : command.argv.length === 0)
    throw argumentProblem(node, "no command behind HEALTHCHECK CMD");
  return command.form === "shell" ? ["CMD-SHELL", command.line] : ["CMD", ...command.argv];
}

/** Zero means "as by default" and is left out of the config. */
function timing(node: InstructionNode, flags: Flags): Omit<Healthcheck, "Test"> {
  const values = {
    Interval: nanoseconds(node, flags, "interval"),
    Timeout: nanoseconds(node, flags, "timeout"),
    StartPeriod: nanoseconds(node, flags, "start-period"),
    StartInterval: nanoseconds(node, flags, "start-interval"),
    Retries: retries(node, flags),
  };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== 0));
}

function nanoseconds(node: InstructionNode, flags: Flags, name: Exclude<keyof typeof flagTypes, "retries">): number {
  const text = flags.text(name) ?? "";
  const duration = text === "" ? 0 : parseDuration(text);
  if (duration === undefined)
    throw argumentProblem(node, `invalid duration --${name}=${text}`, {
      piece: `--${name}=${text}`,
      hint: "write 500ms, 30s or 1m30s",
    });
  if (duration !== 0 && duration < 1e6)
    throw argumentProblem(node, `--${name} cannot be less than 1ms`, { piece: `--${name}=${text}` });
  return duration;
}

function retries(node: InstructionNode, flags: Flags): number {
  const text = flags.text("retries") ?? "";
  if (text === "") return 0;
  if (!/^\+?\d{1,9}$/.test(text))
    throw argumentProblem(node, `invalid number --retries=${text}`, { piece: `--retries=${text}` });
  return Number(text);
}
