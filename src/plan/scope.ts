import type { ArgDeclaration, KeyValue } from "../instructions/instruction.ts";
import { unexportedNames } from "./predefined.ts";

/** What an ARG may draw its value from. */
export interface ArgSources {
  readonly buildArgs: ReadonlyMap<string, string>;
  /** Global arguments: those before the first FROM, and the platform's. */
  readonly globals: ReadonlyMap<string, string>;
}

/**
 * The variables of one stage while its instructions are evaluated in order. ENV and ARG share one space in which the last
 * declaration wins; only ENV lives on in the image.
 */
export class Scope {
  /** What `$NAME` means here. */
  private readonly variables: Map<string, string>;
  /** The image's ENV, in order; a name set again keeps its place. */
  private readonly env: Map<string, string>;
  /** Declared arguments in the order of their first declaration. */
  private readonly args: Map<string, string | undefined>;

  private constructor(variables: Map<string, string>, env: Map<string, string>, args: Map<string, string | undefined>) {
    this.variables = variables;
    this.env = env;
    this.args = args;
  }

  /** The scope at the start of a stage that is based on an image with these `NAME=value` entries. */
  static ofImage(entries: readonly string[]): Scope {
    const env = new Map(entries.map(splitEntry));
    return new Scope(new Map(env), env, new Map());
  }

  /** The scope of a stage that is based on this one: its arguments are inherited, but ENV wins over them again. */
  inherited(): Scope {
    return new Scope(new Map([...this.variables, ...this.env]), new Map(this.env), new Map(this.args));
  }

  get(name: string): string | undefined {
    return this.variables.get(name);
  }

  names(): Iterable<string> {
    return this.variables.keys();
  }

  setEnv({ key, value }: KeyValue): void {
    this.variables.set(key, value);
    this.env.set(key, value);
  }

  /**
   * Declares an argument. Its value is that of `--build-arg`, else its default (expanded by `expand`), else that of the
   * global argument of the same name; otherwise it stays unset. Gives the value.
   */
  declareArg(declaration: ArgDeclaration, sources: ArgSources, expand: (word: string) => string): string | undefined {
    const { name } = declaration;
    const value =
      sources.buildArgs.get(name) ?? (declaration.value === undefined ? sources.globals.get(name) : expand(declaration.value));
    this.args.set(name, value);
    if (value !== undefined && !unexportedNames.has(name)) this.variables.set(name, value);
    return value;
  }

  /** The declared arguments as the history shows them: `NAME=value`, with the value that the variable has now. */
  argEntries(): string[] {
    return [...this.args].map(([name, value]) => `${name}=${this.variables.get(name) ?? value ?? ""}`);
  }

  /** The image's ENV, `NAME=value`. */
  envEntries(): string[] {
    return [...this.env].map(([name, value]) => `${name}=${value}`);
  }

  /** The variables of a process: ENV first, then the arguments that have a value. */
  processEntries(): string[] {
    const names = new Set([...this.env.keys(), ...this.args.keys()]);
    return [...names].filter((name) => this.variables.has(name)).map((name) => `${name}=${this.variables.get(name) ?? ""}`);
  }
}

function splitEntry(entry: string): [string, string] {
  const equals = entry.indexOf("=");
  return equals < 0 ? [entry, ""] : [entry.slice(0, equals), entry.slice(equals + 1)];
}
