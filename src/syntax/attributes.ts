import { splitCsv } from "./csv.ts";

/** The pairs of a flag's value, by their keys in lower case. */
export type Attributes = Partial<Record<string, string>>;

/**
 * Reads the `key=value,…` that docker's flags take, with CSV's quotes; keys are not case-sensitive.
 * @param invalid makes the error that is thrown, of the reason
 */
export function readAttributes(text: string, invalid: (why: string) => Error): Attributes {
  const fields = splitCsv(text);
  if (fields === undefined) throw invalid("its quotes are not closed or not at the ends of a field");
  const pairs = new Map<string, string>();
  for (const field of fields) {
    const equals = field.indexOf("=");
    if (equals < 1) throw invalid(`${JSON.stringify(field)} is not of the form key=value`);
    const key = field.slice(0, equals).trim().toLowerCase();
    if (pairs.has(key)) throw invalid(`${key}= is there twice`);
    pairs.set(key, field.slice(equals + 1));
  }
  return Object.fromEntries(pairs);
}
