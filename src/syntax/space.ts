/** The characters that Go's unicode.IsSpace calls white space, by which BuildKit trims and splits. */
const goSpace = "\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const leading = new RegExp(`^[${goSpace}]+`);
const single = new RegExp(`^[${goSpace}]$`);

export function isSpace(character: string): boolean {
  return character === " " || single.test(character);
}

export function trimStart(text: string): string {
  return text.replace(leading, "");
}

export function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

export function trim(text: string): string {
  return trimEnd(trimStart(text));
}
