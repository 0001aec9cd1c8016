import type { Flag, FlagTable, FlagValues, RefusedFlags } from "./flag.ts";
import { suggest } from "../syntax/suggest.ts";
import { usageError } from "./usage-error.ts";

export interface Grammar<Table extends FlagTable> {
  readonly flags: Table;
  readonly refused: RefusedFlags;
  /** False: the first positional ends the flags, as in `docker run IMAGE COMMAND -x`. */
  readonly interspersed: boolean;
}

export interface ParsedLine<Table extends FlagTable> {
  readonly flags: FlagValues<Table>;
  readonly positionals: readonly string[];
}

/**
 * Reads a command line by the rules of Go's pflag, which docker follows (https://pkg.go.dev/github.com/spf13/pflag,
 * "Command line flag syntax"). Variables in `env` stand in for flags that are not given.
 * @throws OciBuildError `usage`
 */
export function parseFlags<Table extends FlagTable>(
  args: readonly string[],
  grammar: Grammar<Table>,
  env: NodeJS.ProcessEnv,
): ParsedLine<Table> {
  const given = new Map<string, string[]>();
  const positionals: string[] = [];
  const rest = [...args];
  const give = (name: string, value: string): void => void given.set(name, [...(given.get(name) ?? []), value]);

  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === "--") positionals.push(...rest.splice(0));
    else if (arg.startsWith("--")) readLong(arg, rest, grammar, give);
    else if (arg.startsWith("-") && arg !== "-") readShorts(arg, rest, grammar, give);
    else {
      positionals.push(arg);
      if (!grammar.interspersed) positionals.push(...rest.splice(0));
    }
  }

  const values: Record<string, unknown> = {};
  for (const [name, flag] of Object.entries(grammar.flags))
    values[name] = valueOf(name, flag, given.get(name) ?? [], env);
  return { flags: values as FlagValues<Table>, positionals };
}

type Give = (name: string, value: string) => void;

/** `--name`, `--name=value` or `--name value`; takes the value from `rest` when it needs one. */
function readLong(arg: string, rest: string[], grammar: Grammar<FlagTable>, give: Give): void {
  const equals = arg.indexOf("=");
  const name = equals < 0 ? arg.slice(2) : arg.slice(2, equals);
  const flag = lookUp(name, grammar);
  if (equals >= 0) give(name, arg.slice(equals + 1));
  else give(name, bareValue(flag) ?? nextArgument(`--${name}`, rest));
}

/** `-abc`: flags without values until one takes the remainder (`-tx`, `-t=x`) or the next argument (`-t x`). */
function readShorts(arg: string, rest: string[], grammar: Grammar<FlagTable>, give: Give): void {
  let letters = arg.slice(1);
  while (letters !== "") {
    const letter = letters.slice(0, 1);
    const remainder = letters.slice(1);
    const [name, flag] = lookUpShort(letter, arg, grammar);
    const bare = bareValue(flag);
    if (remainder.length > 1 && remainder.startsWith("=")) give(name, remainder.slice(1));
    else if (bare !== undefined) {
      give(name, bare);
      letters = remainder;
      continue;
    } else give(name, remainder === "" ? nextArgument(`-${letter}`, rest) : remainder);
    return;
  }
}

/** What a flag without a value stands for; undefined when it must have one. */
function bareValue(flag: Flag): string | undefined {
  if (flag.type === "bool") return "true";
  return flag.type === "optional" ? flag.bare : undefined;
}

function nextArgument(flag: string, rest: string[]): string {
  const value = rest.shift();
  if (value === undefined) throw usageError(`${flag} needs a value`);
  return value;
}

function lookUp(name: string, grammar: Grammar<FlagTable>): Flag {
  const flag = own(grammar.flags, name);
  if (flag !== undefined) return flag;
  refuse(name, `--${name}`, grammar.refused);
  const meant = suggest(name, visibleNames(grammar.flags));
  throw usageError(`unknown flag --${name}`, meant === undefined ? undefined : `did you mean --${meant}?`);
}

function lookUpShort(letter: string, arg: string, grammar: Grammar<FlagTable>): [string, Flag] {
  const found = Object.entries(grammar.flags).find(([, flag]) => flag.short === letter);
  if (found !== undefined) return found;
  refuse(`-${letter}`, `-${letter}`, grammar.refused);
  // `-target x` is `-t arget`, but `-quiet` stops at its u: the writer meant two dashes.
  const word = arg.slice(1).replace(/=.*/, "");
  const meant = visibleNames(grammar.flags).find((name) => name === word);
  const where = arg.length > 2 ? ` in ${arg}` : "";
  throw usageError(`unknown flag -${letter}${where}`, meant === undefined ? undefined : `did you mean --${meant}?`);
}

function refuse(name: string, spelled: string, refused: RefusedFlags): void {
  const sentence = own(refused, name);
  if (sentence !== undefined) throw usageError(`${spelled} ${sentence}`);
}

function visibleNames(flags: FlagTable): string[] {
  return Object.keys(flags).filter((name) => flags[name]?.hidden !== true);
}

function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function valueOf(name: string, flag: Flag, given: readonly string[], env: NodeJS.ProcessEnv): unknown {
  if (flag.type === "list") return given;
  const fallback = flag.type === "choice" ? flag.default : undefined;
  const fromLine = given.at(-1);
  const fromEnv = flag.env === undefined ? undefined : env[flag.env] || undefined;
  if (fromEnv !== undefined && (fromLine === undefined || fromLine === fallback))
    return checkedValue(flag.env ?? name, flag, fromEnv);
  // pflag checks every value, also one that a later one replaces.
  const values = given.map((text) => checkedValue(`--${name}`, flag, text));
  return values.at(-1) ?? (flag.type === "bool" ? false : fallback);
}

function checkedValue(origin: string, flag: Exclude<Flag, { type: "list" }>, text: string): string | boolean {
  switch (flag.type) {
    case "string":
      return text;
    case "bool":
      return parseBool(origin, text);
    case "choice":
    case "optional":
      if (flag.choices.includes(text)) return text;
      throw usageError(`${origin}: ${JSON.stringify(text)} is not one of ${flag.choices.join(", ")}`);
  }
}

/** Go's strconv.ParseBool. */
function parseBool(origin: string, text: string): boolean {
  if (["1", "t", "T", "true", "TRUE", "True"].includes(text)) return true;
  if (["0", "f", "F", "false", "FALSE", "False"].includes(text)) return false;
  throw usageError(`${origin}: ${JSON.stringify(text)} is neither true nor false`);
}
