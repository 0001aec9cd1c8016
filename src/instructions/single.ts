import type { InstructionNode } from "../syntax/parse.ts";
import { trim } from "../syntax/space.ts";
import { splitBlanks } from "../syntax/words.ts";
import { readList } from "./command.ts";
import { readFlags } from "./flag-values.ts";
import type {
  ExposeInstruction,
  InstructionBody,
  MaintainerInstruction,
  StopSignalInstruction,
  UserInstruction,
  VolumeInstruction,
  WorkdirInstruction,
} from "./instruction.ts";
import { argumentProblem } from "./problems.ts";

/** `WORKDIR PATH`; the path is all that follows */
export function readWorkdir(node: InstructionNode): InstructionBody<WorkdirInstruction> {
  return { kind: "workdir", path: onlyArgument(node) };
}

/** `USER USER[:GROUP]` */
export function readUser(node: InstructionNode): InstructionBody<UserInstruction> {
  return { kind: "user", user: onlyArgument(node) };
}

/** `STOPSIGNAL SIGNAL` */
export function readStopSignal(node: InstructionNode): InstructionBody<StopSignalInstruction> {
  return { kind: "stopsignal", signal: onlyArgument(node) };
}

/** `MAINTAINER NAME` */
export function readMaintainer(node: InstructionNode): InstructionBody<MaintainerInstruction> {
  return { kind: "maintainer", author: onlyArgument(node) };
}

/** `EXPOSE PORT[/PROTOCOL] …`; sorted as words, because the history shows them so */
export function readExpose(node: InstructionNode): InstructionBody<ExposeInstruction> {
  readFlags(node, {});
  const ports = splitBlanks(node.arguments.text);
  if (ports.length === 0) throw argumentProblem(node, "EXPOSE needs at least one port");
  return { kind: "expose", ports: ports.sort() };
}

/** `VOLUME PATH …` or `VOLUME ["PATH", …]` */
export function readVolume(node: InstructionNode): InstructionBody<VolumeInstruction> {
  readFlags(node, {});
  const paths = readList(node, splitBlanks).map(trim);
  if (paths.length === 0) throw argumentProblem(node, "VOLUME needs at least one path");
  if (paths.includes("")) throw argumentProblem(node, "a VOLUME cannot be an empty string");
  return { kind: "volume", paths };
}

function onlyArgument(node: InstructionNode): string {
  readFlags(node, {});
  if (node.arguments.text === "") throw argumentProblem(node, `${node.name} needs an argument`);
  return node.arguments.text;
}
