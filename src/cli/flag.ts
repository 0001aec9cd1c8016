/** One flag of a command, as data: parsing, help and the reference page all read it. */
export type Flag = BoolFlag | StringFlag | ListFlag | ChoiceFlag | OptionalFlag;

/** Flags by their long name, without dashes. */
export type FlagTable = Readonly<Record<string, Flag>>;

/** Flags that other builders have and this command does not, by name (`secret`, `-v`), and what to say: the sentence behind the name. */
export type RefusedFlags = Readonly<Record<string, string>>;

interface FlagCommon {
  /** One letter. */
  readonly short?: string;
  /** A sentence for the help. */
  readonly help: string;
  /** Variable that is read when the flag is not given, or given with its default. */
  readonly env?: string;
  readonly hidden?: boolean;
}

/** `--x`, `--x=false`: never eats the next argument. */
export interface BoolFlag extends FlagCommon {
  readonly type: "bool";
}

/** `--x V`, `--x=V`: the last one counts. */
export interface StringFlag extends FlagCommon {
  readonly type: "string";
  /** What the help calls the value, e.g. `FILE`. */
  readonly value: string;
}

/** May be given several times. */
export interface ListFlag extends FlagCommon {
  readonly type: "list";
  readonly value: string;
}

export interface ChoiceFlag extends FlagCommon {
  readonly type: "choice";
  readonly choices: readonly string[];
  readonly default: string;
}

/** `--x` alone stands for `--x=BARE` (pflag's NoOptDefVal); never eats the next argument. */
export interface OptionalFlag extends FlagCommon {
  readonly type: "optional";
  readonly bare: string;
  readonly choices: readonly string[];
}

export type FlagValue<F extends Flag> = F extends { readonly type: "bool" }
  ? boolean
  : F extends { readonly type: "list" }
    ? readonly string[]
    : F extends { readonly type: "choice"; readonly choices: readonly (infer Choice)[] }
      ? Choice
      : F extends { readonly type: "optional"; readonly choices: readonly (infer Choice)[] }
        ? Choice | undefined
        : string | undefined;

export type FlagValues<Table extends FlagTable> = { readonly [Name in keyof Table]: FlagValue<Table[Name]> };
