import type { Dockerfile } from "../instructions/dockerfile.ts";
import type { ArgInstruction, FromInstruction } from "../instructions/instruction.ts";
import { didYouMean } from "../syntax/suggest.ts";
import { expand } from "./expand.ts";
import { located } from "./instruction-error.ts";
import type { PlanOptions } from "./options.ts";
import { platformArgs, predefinedNames } from "./predefined.ts";
import { isReserved } from "./reserved-args.ts";
import type { PlanWarning } from "./step.ts";

/** The global arguments: the platform's, and those before the first FROM, each of which may use the ones before it. */
export function globalArgs(dockerfile: Dockerfile, options: PlanOptions): ReadonlyMap<string, string> {
  const values = platformArgs(options, (options.target ?? "") || (dockerfile.stages.at(-1)?.from.name ?? "default"));
  for (const instruction of dockerfile.globalArgs)
    for (const { name, value } of instruction.declarations) {
      const given = options.buildArgs.get(name);
      if (given !== undefined) values.set(name, given);
      else if (value !== undefined) values.set(name, expandGlobal(dockerfile, { word: value, instruction }, values));
    }
  return values;
}

/** Expands a word of FROM or of a global ARG. */
export function expandGlobal(
  dockerfile: Dockerfile,
  { word, instruction }: { readonly word: string; readonly instruction: FromInstruction | ArgInstruction },
  values: ReadonlyMap<string, string>,
): string {
  try {
    return expand(word, { lookup: (name) => values.get(name), escape: dockerfile.escape });
  } catch (error) {
    throw located(error, { dockerfile, instruction, variables: values.keys() });
  }
}

/** Build arguments that nothing declares have no effect, which is most often a misspelling. */
export function unusedArgWarnings(dockerfile: Dockerfile, options: PlanOptions): PlanWarning[] {
  const instructions = [...dockerfile.globalArgs, ...dockerfile.stages.flatMap((stage) => stage.instructions)];
  const declared = instructions.flatMap((instruction) =>
    instruction.kind === "arg" ? instruction.declarations.map(({ name }) => name) : [],
  );
  const known = new Set([...declared, ...predefinedNames]);
  const unused = [...options.buildArgs.keys()].filter((name) => !known.has(name) && !isReserved(name));
  return unused.map((name) => ({ message: `no ARG declares the build argument ${name}${didYouMean(name, known)}` }));
}
