import type { Escape } from "../syntax/directives.ts";
import type { InstructionNode } from "../syntax/node.ts";
import { trimEnd } from "../syntax/space.ts";
import { readCmd, readEntrypoint, readShell } from "./command.ts";
import { readAdd, readCopy } from "./copy.ts";
import { readFlags } from "./flag-values.ts";
import { readFrom } from "./from.ts";
import { readHealthcheck } from "./healthcheck.ts";
import type { Instruction, OnbuildInstruction } from "./instruction.ts";
import { readArg, readEnv, readLabel } from "./key-values.ts";
import { argumentProblem } from "./problems.ts";
import { readRun } from "./run.ts";
import { readExpose, readMaintainer, readStopSignal, readUser, readVolume, readWorkdir } from "./single.ts";

/**
 * Gives an instruction its type and checks its flags and arguments.
 * @throws InstructionProblem
 */
export function readInstruction(node: InstructionNode, escape: Escape): Instruction {
  switch (node.name) {
    case "ADD":
      return readAdd(node);
    case "ARG":
      return readArg(node, escape);
    case "CMD":
      return readCmd(node);
    case "COPY":
      return readCopy(node);
    case "ENTRYPOINT":
      return readEntrypoint(node);
    case "ENV":
      return readEnv(node, escape);
    case "EXPOSE":
      return readExpose(node);
    case "FROM":
      return readFrom(node);
    case "HEALTHCHECK":
      return readHealthcheck(node);
    case "LABEL":
      return readLabel(node, escape);
    case "MAINTAINER":
      return readMaintainer(node);
    case "ONBUILD":
      return readOnbuild(node, escape);
    case "RUN":
      return readRun(node);
    case "SHELL":
      return readShell(node);
    case "STOPSIGNAL":
      return readStopSignal(node);
    case "USER":
      return readUser(node);
    case "VOLUME":
      return readVolume(node);
    case "WORKDIR":
      return readWorkdir(node);
  }
}

/**
 * `ONBUILD INSTRUCTION`. The instruction is checked here as far as it can be without variables, where BuildKit finds most
 * faults only when it is triggered; it is kept as it was written.
 */
function readOnbuild(node: InstructionNode, escape: Escape): OnbuildInstruction {
  readFlags(node, {});
  const { trigger } = node;
  if (trigger === undefined)
    throw argumentProblem(node, "ONBUILD needs an instruction", {
      hint: "write ONBUILD RUN …, ONBUILD COPY … and so on",
    });
  if (trigger.name === "ONBUILD" || trigger.name === "FROM" || trigger.name === "MAINTAINER")
    throw argumentProblem(node, `${trigger.name} cannot be an ONBUILD trigger`, { range: trigger.keyword.range });
  readInstruction(trigger, escape);
  // Blanks at the end stay, as in BuildKit.
  const written = trigger.written.text;
  const line = written.slice(trimEnd(written).length - trigger.line.length);
  const bodies = trigger.heredocs.map(({ body, name }) => `\n${body}${name}`);
  return { kind: "onbuild", node, trigger: line + bodies.join("") };
}
