import { skipSpaces } from "./space.ts";

/** How the arguments of RUN, CMD, COPY … are written. */
export type JsonForm =
  | { readonly kind: "json"; readonly items: readonly string[] }
  /** Not a JSON array: the shell form, or blank-separated words. */
  | { readonly kind: "plain" }
  /** A JSON array that holds something else than strings, which is an error. */
  | { readonly kind: "mixed" };

const plain: JsonForm = { kind: "plain" };

/** Tries to read arguments as a JSON array. Whatever is no valid JSON silently means the other form, as in BuildKit. */
export function readJsonForm(text: string): JsonForm {
  const start = skipSpaces(text, 0);
  if (text[start] !== "[") return plain;
  let value: unknown;
  try {
    value = JSON.parse(text.slice(start));
  } catch {
    return plain;
  }
  if (!Array.isArray(value)) return plain;
  const items = value.filter((item: unknown): item is string => typeof item === "string");
  return items.length === value.length ? { kind: "json", items } : { kind: "mixed" };
}
