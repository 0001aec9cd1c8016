import type { Dockerfile, StageSource } from "../instructions/dockerfile.ts";
import type { AddInstruction, Instruction } from "../instructions/instruction.ts";
import type { OciBuildError } from "../errors.ts";
import { copyParts } from "./copy-parts.ts";
import type { SettledArgs } from "./epoch.ts";
import { expand } from "./expand.ts";
import { expandGlobal } from "./globals.ts";
import { instructionError, located } from "./instruction-error.ts";
import { Scope } from "./scope.ts";
import type { GitPart, UrlPart } from "./step.ts";

/**
 * What the one ADD of a stage fetches that gives SOURCE_DATE_EPOCH its time. Beside the ADD the stage may hold ARGs only, so
 * that its source is known without building anything (frontend/dockerfile/dockerfile2llb/epoch.go of BuildKit).
 * @throws OciBuildError `epoch-stage-invalid`, and as ADD
 */
export function sourceOfStage(
  dockerfile: Dockerfile,
  stage: StageSource,
  args: Pick<SettledArgs, "options" | "globals">,
): UrlPart | GitPart {
  const { from, instructions } = stage;
  // The epoch itself is what is being found out.
  const globals = new Map([...args.globals].filter(([name]) => name !== "SOURCE_DATE_EPOCH"));
  if (expandGlobal(dockerfile, { word: from.base, instruction: from }, globals) !== "scratch")
    throw unfit(dockerfile, from, "stands on an image: it must be FROM scratch");
  const sources = { buildArgs: args.options.buildArgs, globals };
  const scope = Scope.ofImage([...globals].map(([name, value]) => `${name}=${value}`));
  let found: UrlPart | GitPart | undefined;
  for (const instruction of instructions) {
    const value = (word: string): string =>
      expand(word, { lookup: (name) => scope.get(name), escape: dockerfile.escape });
    try {
      if (instruction.kind === "arg")
        for (const declaration of instruction.declarations) scope.declareArg(declaration, sources, value);
      else if (instruction.kind !== "add") throw unfit(dockerfile, instruction, `holds ${instruction.node.name}`);
      else if (found !== undefined) throw unfit(dockerfile, instruction, "fetches more than one thing");
      else found = fetchedBy(instruction, value);
      if (instruction.kind === "add" && found === undefined)
        throw unfit(dockerfile, instruction, "adds something else than one URL or one git repository");
    } catch (error) {
      throw located(error, { dockerfile, instruction, variables: scope.names() });
    }
  }
  if (found === undefined) throw unfit(dockerfile, from, "fetches nothing");
  return found;
}

function fetchedBy(instruction: AddInstruction, value: (word: string) => string): UrlPart | GitPart | undefined {
  const { sources, inline, checksum } = instruction;
  if (sources.length !== 1 || inline.length > 0) return undefined;
  const [part] = copyParts(instruction, {
    sources: sources.map(value),
    files: [],
    checksum: checksum === undefined ? undefined : value(checksum) || undefined,
    from: { kind: "context" },
  });
  return part?.kind === "url" || part?.kind === "git" ? part : undefined;
}

function unfit(dockerfile: Dockerfile, instruction: Instruction, problem: string): OciBuildError {
  return instructionError(dockerfile, instruction, {
    code: "epoch-stage-invalid",
    message: `the stage that SOURCE_DATE_EPOCH takes its time from ${problem}`,
    hint: "write FROM scratch AS name and one ADD of a URL or of a git repository, and nothing else but ARGs",
  });
}
