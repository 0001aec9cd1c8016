import type { FlagNode, InstructionNode } from "../syntax/node.ts";
import { didYouMean } from "../syntax/suggest.ts";
import { flagProblem, InstructionProblem } from "./problems.ts";

/** How a flag is written: `--a=text`, `--a=text` several times, or `--a[=true|false]`. */
export type FlagType = "text" | "texts" | "boolean";

/** The flags of one instruction, checked against what it takes. */
export class FlagValues<Name extends string> {
  readonly #flags: readonly FlagNode[];

  constructor(flags: readonly FlagNode[]) {
    this.#flags = flags;
  }

  text(name: Name): string | undefined {
    return this.#flags.find((flag) => flag.name === name)?.value;
  }

  texts(name: Name): readonly string[] {
    return this.#flags.filter((flag) => flag.name === name).map(({ value = "" }) => value);
  }

  /** Undefined when the flag is not there. */
  boolean(name: Name): boolean | undefined {
    const flag = this.#flags.find((one) => one.name === name);
    return flag && isTrue(flag);
  }
}

const noFlags = new FlagValues<string>([]);

/**
 * Checks an instruction's flags: known, with a value where one is due, and not given twice.
 * @throws InstructionProblem `flag-invalid`, `flag-unknown`
 */
export function readFlags<Name extends string>(
  node: InstructionNode,
  types: Readonly<Record<Name, FlagType>>,
): FlagValues<Name> {
  if (node.flags.length === 0) return noFlags;
  const known: Readonly<Record<string, FlagType>> = types;
  node.flags.forEach((flag, index) => {
    const type = Object.hasOwn(known, flag.name) ? known[flag.name] : undefined;
    if (type === undefined) throw unknownFlag(node, flag, Object.keys(types));
    if (type !== "texts" && node.flags.findIndex(({ name }) => name === flag.name) < index)
      throw flagProblem(node, `the flag --${flag.name} is given twice`, { range: flag.range });
    checkValue(node, flag, type);
  });
  return new FlagValues(node.flags);
}

function checkValue(node: InstructionNode, flag: FlagNode, type: FlagType): void {
  if (type !== "boolean" && flag.value === undefined)
    throw flagProblem(node, `the flag --${flag.name} needs a value: --${flag.name}=…`, { range: flag.range });
  if (type === "boolean" && isTrue(flag) === undefined)
    throw flagProblem(node, `the flag --${flag.name} is either true or false, not ${JSON.stringify(flag.value)}`, {
      range: flag.range,
    });
}

function isTrue({ value = "true" }: FlagNode): boolean | undefined {
  const word = value.toLowerCase();
  return word === "true" || (word === "false" ? false : undefined);
}

function unknownFlag(node: InstructionNode, flag: FlagNode, names: readonly string[]): Error {
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
