import type { Escape } from "./directives.ts";
import { isSpaceAt, skipSpaces } from "./space.ts";

/** `--name=value` in front of an instruction's arguments, quotes and escapes removed; offsets are those of the text. */
export interface RawFlag {
  readonly name: string;
  /** Undefined when there is no `=`. */
  readonly value: string | undefined;
  readonly start: number;
  readonly end: number;
}

export interface SplitFlags {
  readonly flags: readonly RawFlag[];
  /** Offset of what follows the flags. */
  readonly rest: number;
}

/** Takes the flags off the front of `text`, from `start` on. A lone `--` ends them and belongs to neither. */
export function splitFlags(text: string, start: number, escape: Escape): SplitFlags {
  const flags: RawFlag[] = [];
  let at = start;
  for (;;) {
    at = skipSpaces(text, at);
    if (!text.startsWith("--", at)) return { flags, rest: at };
    const word = readWord(text, at, escape);
    if (word.text === "--") return { flags, rest: word.end };
    const equals = word.text.indexOf("=");
    const name = equals < 0 ? word.text.slice(2) : word.text.slice(2, equals);
    flags.push({ name, value: equals < 0 ? undefined : word.text.slice(equals + 1), start: at, end: word.end });
    at = word.end;
  }
}

function readWord(text: string, start: number, escape: Escape): { text: string; end: number } {
  let word = "";
  let quote = "";
  let from = start;
  let at = start;
  while (at < text.length) {
    const character = text.charAt(at);
    const isQuote = quote === "" ? character === "'" || character === '"' : character === quote;
    if (isQuote || character === escape) {
      word += text.slice(from, at);
      from = at + 1;
    } else if (quote === "" && isSpaceAt(text, at)) break;
    if (isQuote) quote = quote === "" ? character : "";
    at += character === escape ? 2 : 1;
  }
  return { text: word + text.slice(from, at), end: Math.min(at, text.length) };
}
