import type { Escape } from "./directives.ts";
import { isSpace } from "./space.ts";

/** Splits at runs of blanks; quotes mean nothing here. For FROM, EXPOSE, COPY and VOLUME. */
export function splitBlanks(text: string): string[] {
  return text === "" ? [] : text.split(/[\t\v\f\r ]+/);
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
  if (/^[\w=.:/,@+-]*$/.test(text)) return text === "" ? [] : [text];
  const words: string[] = [];
  let word = "";
  let quote = "";
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === escape && quote !== "'") {
      if (at + 1 === text.length) break;
      at += 1;
      word += character + text.charAt(at);
    } else if (quote !== "") {
      if (character === quote) quote = "";
      word += character;
    } else if (isSpace(character)) {
      if (word !== "" || quoted) words.push(word);
      word = "";
      quoted = false;
    } else {
      if (character === "'" || character === '"') {
        quote = character;
        quoted = true;
      }
      word += character;
    }
  }
  if (word !== "" || quoted) words.push(word);
  return words;
}

/**
 * Splits a command line as a shell would, quotes and escapes left as they are, in order to find its heredocs; blanks
 * behind `<<` do not end the word. Undefined when a quote stays open: then the shell is the one to complain.
 */
export function splitShell(text: string): string[] | undefined {
  const words: string[] = [];
  let word = "";
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === "\\") {
      word += text.slice(at, at + 2);
      at += 1;
    } else if (character === "'" || character === '"') {
      const end = closingQuote(text, at);
      if (end === undefined) return undefined;
      word += text.slice(at, end + 1);
      at = end;
    } else if (character === "<" && text[at + 1] === "<") {
      word += "<<";
      at += 1;
      while (at + 1 < text.length && isSpace(text.charAt(at + 1))) {
        at += 1;
        word += text.charAt(at);
      }
    } else if (isSpace(character)) {
      if (word !== "") words.push(word);
      word = "";
    } else word += character;
  }
  if (word !== "") words.push(word);
  return words;
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
