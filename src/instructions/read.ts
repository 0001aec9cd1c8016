import type { Escape } from "../syntax/directives.ts";
import type { InstructionNode } from "../syntax/parse.ts";
import { linesOf } from "../syntax/source.ts";
import { readCmd, readEntrypoint, readShell } from "./command.ts";
import { readAdd, readCopy } from "./copy.ts";
import { readFlags } from "./flag-values.ts";
import { readFrom } from "./from.ts";
import { readHealthcheck } from "./healthcheck.ts";
import type { Instruction, InstructionBody, UnsupportedInstruction } from "./instruction.ts";
import { readArg, readEnv, readLabel } from "./key-values.ts";
import { argumentProblem } from "./problems.ts";
import { readRun } from "./run.ts";
import { readExpose, readMaintainer, readStopSignal, readUser, readVolume, readWorkdir } from "./single.ts";

/**
 * Gives an instruction its type and checks its flags and arguments.
 * @throws InstructionProblem
 */
export function readInstruction(node: InstructionNode, escape: Escape): Instruction {
  const body = readBody(node, escape);
  return { ...body, range: node.range, lines: linesOf(node.range), text: node.line, comments: node.comments };
}

function readBody(node: InstructionNode, escape: Escape): InstructionBody<Instruction> {
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
      return readOnbuild(node);
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

/** ONBUILD is checked as far as its trigger's name, and then refused when its stage is needed. */
function readOnbuild(node: InstructionNode): InstructionBody<UnsupportedInstruction> {
  readFlags(node, {});
  const trigger = /^\S*/.exec(node.arguments.text)?.[0].toUpperCase() ?? "";
  if (trigger === "") throw argumentProblem(node, "ONBUILD needs an instruction");
  if (trigger === "ONBUILD" || trigger === "FROM" || trigger === "MAINTAINER")
    throw argumentProblem(node, `${trigger} cannot be an ONBUILD trigger`);
  const hint = "put the instruction into the Dockerfiles that build on this image";
  return { kind: "unsupported", code: "instruction-unsupported", message: "ONBUILD is not supported yet", hint };
}
