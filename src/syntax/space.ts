/** The characters beyond ASCII that Go's unicode.IsSpace calls white space. */
const wideSpace = /^[\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/;

/** Whether white space stands at an offset, as Go sees it, by which BuildKit trims and splits. False behind the end. */
export function isSpaceAt(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (code > 32 && code < 127) return false;
  return code === 32 || (code >= 9 && code <= 13) || (code > 127 && wideSpace.test(text.charAt(at)));
}

/** Offset of the first character at or behind `start` that is not white space. */
export function skipSpaces(text: string, start: number): number {
  let at = start;
  while (isSpaceAt(text, at)) at += 1;
  return at;
}

export function trimStart(text: string): string {
  return text.slice(skipSpaces(text, 0));
}

export function trimEnd(text: string): string {
  let end = text.length;
  while (isSpaceAt(text, end - 1)) end -= 1;
  return text.slice(0, end);
}

export function trim(text: string): string {
  return trimEnd(trimStart(text));
}
