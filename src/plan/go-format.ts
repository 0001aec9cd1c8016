const named: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
};

/** A list as Go's `%q` shows it: `["a" "b"]`. */
export function quotedList(items: readonly string[]): string {
  return `[${items.map(quoted).join(" ")}]`;
}

/** A list as Go's `%v` shows it: `[a b]`. */
export function plainList(items: readonly string[]): string {
  return `[${items.join(" ")}]`;
}

/** A string as Go's `%q` shows it: what is not printable is escaped. */
export function quoted(text: string): string {
  return `"${Array.from(text, escaped).join("")}"`;
}

function escaped(character: string): string {
  if (character === '"' || character === "\\") return `\\${character}`;
  if (character === " " || /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return named[character] ?? `\\x${code.toString(16).padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\U${code.toString(16).padStart(8, "0")}`;
}
