import type { InstructionNode } from "../syntax/node.ts";
import { trim } from "../syntax/space.ts";
import { splitBlanks } from "../syntax/words.ts";
import { readList } from "./command.ts";
import { readFlags } from "./flag-values.ts";
import type {
  ExposeInstruction,
  MaintainerInstruction,
  StopSignalInstruction,
  UserInstruction,
  VolumeInstruction,
  WorkdirInstruction,
} from "./instruction.ts";
import { argumentProblem } from "./problems.ts";

/** `WORKDIR PATH`; the path is all that follows */
export function readWorkdir(node: InstructionNode): WorkdirInstruction {
  return { kind: "workdir", node, path: onlyArgument(node) };
}

/** `USER USER[:GROUP]` */
export function readUser(node: InstructionNode): UserInstruction {
  return { kind: "user", node, user: onlyArgument(node) };
}

/** `STOPSIGNAL SIGNAL` */
export function readStopSignal(node: InstructionNode): StopSignalInstruction {
  return { kind: "stopsignal", node, signal: onlyArgument(node) };
}

/** `MAINTAINER NAME` */
export function readMaintainer(node: InstructionNode): MaintainerInstruction {
  return { kind: "maintainer", node, author: onlyArgument(node) };
}

/** `EXPOSE PORT[/PROTOCOL] …`; sorted as words, because the history shows them so */
export function readExpose(node: InstructionNode): ExposeInstruction {
  readFlags(node, {});
  const ports = splitBlanks(node.arguments.text);
  if (ports.length === 0) throw argumentProblem(node, "EXPOSE needs at least one port");
  return { kind: "expose", node, ports: ports.length === 1 ? ports : ports.sort() };
}

/** `VOLUME PATH …` or `VOLUME ["PATH", …]` */
export function readVolume(node: InstructionNode): VolumeInstruction {
  readFlags(node, {});
  const paths = readList(node, splitBlanks).map(trim);
  if (paths.length === 0) throw argumentProblem(node, "VOLUME needs at least one path");
  if (paths.includes("")) throw argumentProblem(node, "a VOLUME cannot be an empty string");
  return { kind: "volume", node, paths };
}

function onlyArgument(node: InstructionNode): string {
  readFlags(node, {});
  if (node.arguments.text === "") throw argumentProblem(node, `${node.name} needs an argument`);
  return node.arguments.text;
}
