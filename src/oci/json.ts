import { messageOf, OciBuildError } from "../errors.ts";
import { parseDiffId, parseDigest, type DiffId, type Digest } from "./digest.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

type Check<T> = (value: unknown, where: string) => T;

/**
 * Checked access to one JSON document from outside: `unknown` in, a typed value or an OciBuildError out. `where` names
 * the place in the document, e.g. `layers[2].digest`. What stands there is not shown, because it may be a secret.
 */
export class JsonChecks {
  readonly #code: string;
  readonly #document: string;

  /**
   * @param code of the errors, e.g. `manifest-invalid`
   * @param document what it is called in a message, e.g. `the manifest of debian:latest`
   */
  constructor(code: string, document: string) {
    this.#code = code;
    this.#document = document;
  }

  parse(bytes: Uint8Array): unknown {
    try {
      return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    } catch {
      // The parser's own message quotes the text, so it is not kept as the cause.
      throw this.invalid("it is not JSON");
    }
  }

  invalid(problem: string): OciBuildError {
    return new OciBuildError(this.#code, `${this.#document} is not valid: ${problem}`);
  }

  // Arrow properties, so that a check can be handed to `optional` and `list` as it is.

  readonly object: Check<JsonObject> = (value, where) => {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
    throw this.invalid(`${where} is not an object`);
  };

  readonly string: Check<string> = (value, where) => {
    if (typeof value === "string") return value;
    throw this.invalid(`${where} is not a string`);
  };

  readonly boolean: Check<boolean> = (value, where) => {
    if (typeof value === "boolean") return value;
    throw this.invalid(`${where} is not true or false`);
  };

  /** A whole number that JavaScript holds exactly. */
  readonly integer: Check<number> = (value, where) => {
    if (Number.isSafeInteger(value)) return value as number;
    throw this.invalid(`${where} is not a whole number`);
  };

  /** A size: a whole number from 0 up. */
  readonly size: Check<number> = (value, where) => {
    if (this.integer(value, where) >= 0) return value as number;
    throw this.invalid(`${where} is below 0`);
  };

  readonly digest: Check<Digest> = (value, where) => this.#hash(parseDigest, value, where);

  readonly diffId: Check<DiffId> = (value, where) => this.#hash(parseDiffId, value, where);

  readonly strings: Check<readonly string[]> = (value, where) => this.list(value, where, this.string);

  readonly stringMap: Check<Readonly<Record<string, string>>> = (value, where) => {
    const object = this.object(value, where);
    for (const [key, element] of Object.entries(object)) this.string(element, `${where}[${JSON.stringify(key)}]`);
    return object as Readonly<Record<string, string>>;
  };

  list<T>(value: unknown, where: string, check: Check<T>): readonly T[] {
    if (Array.isArray(value)) return value.map((element: unknown, i) => check(element, `${where}[${i}]`));
    throw this.invalid(`${where} is not an array`);
  }

  /** Go writes a value that is not there as null, so null counts as missing. */
  optional<T>(value: unknown, where: string, check: Check<T>): T | undefined {
    return value === undefined || value === null ? undefined : check(value, where);
  }

  #hash<T>(parse: (text: string) => T, value: unknown, where: string): T {
    try {
      return parse(this.string(value, where));
    } catch (error) {
      throw error instanceof OciBuildError && error.code === "digest-invalid"
        ? this.invalid(`${where} is ${messageOf(error)}`)
        : error;
    }
  }
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** `object` without the keys whose value is undefined: an absent field of a document is absent, not undefined. */
export function withoutUndefined<T extends object>(object: T): Defined<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Defined<T>;
}
