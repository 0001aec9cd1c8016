import type { FlagNode, InstructionNode } from "../syntax/parse.ts";
import { didYouMean } from "../syntax/suggest.ts";
import { flagProblem, InstructionProblem } from "./problems.ts";

/** How a flag is written: `--a=text`, `--a=text` several times, or `--a[=true|false]`. */
export type FlagType = "text" | "texts" | "boolean";

/** The flags of one instruction, checked against what it takes. Values are those of the names that were given. */
export interface FlagValues<Name extends string> {
  text(name: Name): string | undefined;
  texts(name: Name): readonly string[];
  /** Undefined when the flag is not there. */
  boolean(name: Name): boolean | undefined;
}

const noFlags: FlagValues<string> = { text: () => undefined, texts: () => [], boolean: () => undefined };

/**
 * Checks an instruction's flags: known, with a value where one is due, and not given twice.
 * @throws InstructionProblem `flag-invalid`, `flag-unknown`
 */
export function readFlags<Name extends string>(
  node: InstructionNode,
  types: Readonly<Record<Name, FlagType>>,
): FlagValues<Name> {
  if (node.flags.length === 0) return noFlags;
  const known = new Map<string, FlagType>(Object.entries<FlagType>(types));
  const values = new Map<string, string[]>();
  for (const flag of node.flags) {
    const type = known.get(flag.name);
    if (type === undefined) throw unknownFlag(node, flag, known.keys());
    const earlier = values.get(flag.name);
    if (earlier === undefined) values.set(flag.name, [valueOf(node, flag, type)]);
    else if (type === "texts") earlier.push(valueOf(node, flag, type));
    else throw flagProblem(node, `the flag --${flag.name} is given twice`, { range: flag.range });
  }
  return {
    text: (name) => values.get(name)?.[0],
    texts: (name) => values.get(name) ?? [],
    boolean: (name) => {
      const value = values.get(name)?.[0];
      return value === undefined ? undefined : value === "true";
    },
  };
}

function valueOf(node: InstructionNode, flag: FlagNode, type: FlagType): string {
  if (type === "boolean") return booleanOf(node, flag);
  if (flag.value === undefined)
    throw flagProblem(node, `the flag --${flag.name} needs a value: --${flag.name}=…`, { range: flag.range });
  return flag.value;
}

function booleanOf(node: InstructionNode, flag: FlagNode): string {
  const value = flag.value?.toLowerCase() ?? "true";
  if (value === "true" || value === "false") return value;
  throw flagProblem(node, `the flag --${flag.name} is either true or false, not ${JSON.stringify(flag.value)}`, {
    range: flag.range,
  });
}

function unknownFlag(node: InstructionNode, flag: FlagNode, known: Iterable<string>): Error {
  const names = [...known];
  const hint =
    names.length === 0
      ? `${node.name} takes no flags`
      : `${node.name} takes ${names.map((name) => `--${name}`).join(", ")}`;
  const suggestion = didYouMean(
    `--${flag.name}`,
    names.map((name) => `--${name}`),
  );
  const message = `unknown flag --${flag.name} of ${node.name}${suggestion}`;
  return new InstructionProblem({ code: "flag-unknown", message, hint, range: flag.range });
}
