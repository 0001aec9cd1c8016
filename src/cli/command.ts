import type { Context } from "./context.ts";
import type { FlagTable, RefusedFlags } from "./flag.ts";
import { parseFlags, type ParsedLine } from "./parse-flags.ts";
import { usageError } from "./usage-error.ts";

/** What the help and the reference page show of a command. */
export interface CommandDescription {
  /** e.g. `build` */
  readonly name: string;
  /** One line. */
  readonly summary: string;
  /** Paragraphs below the usage line. */
  readonly description?: readonly string[];
  readonly positionals: Positionals;
  readonly flags: FlagTable;
  readonly refused: RefusedFlags;
  readonly examples: readonly Example[];
  /** Variables that matter beside those of the flags, and their meaning. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Exit codes and their meaning, in order. */
  readonly exitCodes: readonly (readonly [code: string, meaning: string])[];
}

export interface Positionals {
  /** As in the usage line, e.g. `IMAGE [COMMAND...]`. */
  readonly usage: string;
  readonly min: number;
  readonly max: number;
}

export interface Example {
  readonly text: string;
  readonly command: string;
}

export interface Command extends CommandDescription {
  /** Exit code for a wrong command line. */
  readonly usageExitCode: number;
  /** Exit code for any other failure. */
  readonly failureExitCode: number;
  /** @throws OciBuildError `usage` */
  readonly parse: (args: readonly string[], env: NodeJS.ProcessEnv) => Invocation;
}

/** A command line that was understood. */
export interface Invocation {
  readonly help: boolean;
  readonly debug: boolean;
  /** Answers the exit code. */
  readonly run: (context: Context) => Promise<number>;
}

/** Flags of every command. */
export const globalFlags = {
  debug: {
    type: "bool",
    short: "D",
    env: "OCI_BUILD_DEBUG",
    help: "With an error, show where in the program it arose and everything that caused it.",
  },
  help: { type: "bool", short: "h", help: "Show this help." },
} as const;

export interface CommandSpec<Table extends FlagTable> extends Omit<CommandDescription, "refused"> {
  readonly flags: Table;
  readonly refused?: RefusedFlags;
  /** False: flags end at the first positional. */
  readonly interspersed?: boolean;
  readonly usageExitCode?: number;
  readonly failureExitCode?: number;
  readonly run: (line: ParsedLine<Table>, context: Context) => Promise<number>;
}

/** Joins a table of flags and the function that gets their values. */
export function defineCommand<const Table extends FlagTable>(spec: CommandSpec<Table>): Command {
  const flags = { ...spec.flags, ...globalFlags };
  const grammar = { flags, refused: spec.refused ?? {}, interspersed: spec.interspersed ?? true };
  return {
    usageExitCode: 2,
    failureExitCode: 1,
    ...spec,
    flags,
    refused: grammar.refused,
    parse: (args, env) => {
      const line = parseFlags<Table & typeof globalFlags>(args, grammar, env);
      const { help, debug } = line.flags as { help: boolean; debug: boolean };
      if (!help) checkPositionals(spec, line.positionals);
      return { help, debug, run: (context) => spec.run(line, context) };
    },
  };
}

function checkPositionals(
  { name, positionals }: Pick<CommandDescription, "name" | "positionals">,
  found: readonly string[],
): void {
  const { min, max, usage } = positionals;
  if (found.length >= min && found.length <= max) return;
  const wanted = max === 0 ? "takes no arguments" : `takes ${usage}`;
  const got = found.length === 0 ? "nothing" : found.map((argument) => JSON.stringify(argument)).join(" ");
  throw usageError(`${name} ${wanted}, but got ${got}`, `see: oci-build ${name} --help`);
}
