import type { Escape } from "./directives.ts";
import { isSpaceAt, skipSpaces } from "./space.ts";

/** Splits at runs of blanks; quotes mean nothing here. For FROM, EXPOSE, COPY and VOLUME. */
export function splitBlanks(text: string): string[] {
  return text.match(/[^\t\v\f\r ]+/g) ?? [];
}

/** Splits at the first separator; the second part is undefined when there is none. */
export function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}

/**
 * Splits `a=b c="d e"` into words: quotes and escapes protect blanks and stay in the word for expansion to remove. For ENV,
 * LABEL and ARG. An escape character at the very end is dropped.
 */
export function splitQuoted(text: string, escape: Escape): string[] {
  const words: string[] = [];
  let at = skipSpaces(text, 0);
  for (let end = endOfQuoted(text, at, escape); end > at; end = endOfQuoted(text, at, escape)) {
    words.push(text.slice(at, end));
    at = skipSpaces(text, end);
  }
  return words;
}

/** Where the word ends that starts at `at`; there already for an escape character at the very end, and behind everything. */
function endOfQuoted(text: string, start: number, escape: Escape): number {
  let quote = "";
  let at = start;
  for (; at < text.length; at += 1) {
    const character = text[at];
    if (character === escape && quote !== "'") {
      if (at + 1 === text.length) return at;
      at += 1;
    } else if (quote !== "") {
      if (character === quote) quote = "";
    } else if (character === "'" || character === '"') quote = character;
    else if (isSpaceAt(text, at)) return at;
  }
  return at;
}

/**
 * Splits a command line as a shell would, quotes and escapes left as they are, in order to find its heredocs; blanks
 * behind `<<` do not end the word. Undefined when a quote stays open: then the shell is the one to complain.
 */
export function splitShell(text: string): string[] | undefined {
  const words: string[] = [];
  for (let at = skipSpaces(text, 0); at < text.length;) {
    const end = endOfShell(text, at);
    if (end === undefined) return undefined;
    words.push(text.slice(at, end));
    at = skipSpaces(text, end);
  }
  return words;
}

function endOfShell(text: string, start: number): number | undefined {
  let at = start;
  while (at < text.length && !isSpaceAt(text, at)) {
    const character = text[at];
    if (character === "'" || character === '"') {
      const end = closingQuote(text, at);
      if (end === undefined) return undefined;
      at = end + 1;
    } else if (character === "\\") at += 2;
    else if (character === "<" && text[at + 1] === "<") at = skipSpaces(text, at + 2);
    else at += 1;
  }
  return Math.min(at, text.length);
}

/** Offset of the quote that closes the one at `open`. */
function closingQuote(text: string, open: number): number | undefined {
  const quote = text[open];
  for (let at = open + 1; at < text.length; at += 1) {
    if (text[at] === quote) return at;
    if (text[at] === "\\" && quote === '"') at += 1;
  }
  return undefined;
}
