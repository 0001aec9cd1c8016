/** Checks on JSON that came from the helper: `unknown` in, a typed value or a TypeError out. */

export function decodeObject(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw mismatch(what, "an object", value);
}

export function decodeString(value: unknown, what: string): string {
  if (typeof value === "string") return value;
  throw mismatch(what, "a string", value);
}

export function decodeBoolean(value: unknown, what: string): boolean {
  if (typeof value === "boolean") return value;
  throw mismatch(what, "a boolean", value);
}

export function decodeInteger(value: unknown, what: string): number {
  if (Number.isSafeInteger(value)) return value as number;
  throw mismatch(what, "a whole number", value);
}

export function decodeList<T>(value: unknown, what: string, element: (value: unknown) => T): readonly T[] {
  if (Array.isArray(value)) return value.map((v: unknown) => element(v));
  throw mismatch(what, "a list", value);
}

export function decodeOptional<T>(value: unknown, decode: (value: unknown) => T): T | undefined {
  return value === undefined || value === null ? undefined : decode(value);
}

export function decodeLiteral<const T extends string>(value: unknown, what: string, allowed: readonly T[]): T {
  const found = allowed.find((a) => a === value);
  if (found !== undefined) return found;
  throw mismatch(what, `one of ${allowed.join(", ")}`, value);
}

function mismatch(what: string, expected: string, value: unknown): TypeError {
  return new TypeError(`${what} should be ${expected}, but is ${JSON.stringify(value)?.slice(0, 80)}`);
}
