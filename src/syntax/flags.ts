import type { Escape } from "./directives.ts";
import { isSpace } from "./space.ts";

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
    while (at < text.length && isSpace(text.charAt(at))) at += 1;
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
  let at = start;
  for (; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === escape) {
      at += 1;
      word += text.charAt(at);
    } else if (quote !== "") {
      if (character === quote) quote = "";
      else word += character;
    } else if (isSpace(character)) break;
    else if (character === "'" || character === '"') quote = character;
    else word += character;
  }
  return { text: word, end: Math.min(at, text.length) };
}
