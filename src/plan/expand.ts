import type { Escape } from "../syntax/directives.ts";
import { isSpaceAt, skipSpaces } from "../syntax/space.ts";
import { ExpansionError, withoutPrefix, withoutSuffix, withReplacement } from "./substitution.ts";

export interface ExpandOptions {
  /** The value of a variable; undefined when it is not set. */
  readonly lookup: (name: string) => string | undefined;
  readonly escape: Escape;
  /** `remove`: quotes group and go away; `keep`: they group and stay; `ignore`: they are ordinary characters. */
  readonly quotes?: "remove" | "keep" | "ignore";
  /** What a variable without a value becomes: nothing, or itself. */
  readonly unset?: "empty" | "keep";
}

/**
 * Expands the variables of a word as BuildKit's shell lexer does: `$v ${v} ${v:-w} ${v-w} ${v:+w} ${v+w} ${v:?w} ${v?w}
 * ${v#p} ${v##p} ${v%p} ${v%%p} ${v/p/r} ${v//p/r}`, nested, with quotes and escapes.
 * @throws ExpansionError
 */
export function expand(word: string, options: ExpandOptions): string {
  return needsExpansion.test(word) ? expandWith(word, options, undefined) : word;
}

/**
 * The same, split at the blanks that were not quoted, those of variables included.
 * @throws ExpansionError
 */
export function expandToWords(word: string, options: ExpandOptions): readonly string[] {
  if (/^[\w./:-]+$/.test(word)) return [word];
  const words = new Words();
  expandWith(word, options, words);
  return words.finish();
}

const needsExpansion = /[$'"\\`]/;

function expandWith(word: string, options: ExpandOptions, words: Words | undefined): string {
  try {
    return new Expander(word, options).expand(words);
  } catch (error) {
    if (error instanceof ExpansionError) error.piece ??= word;
    throw error;
  }
}

/** Deeper nesting than anybody writes, and less than the stack holds. */
const deepest = 500;
/** Nearly all names are ASCII, and an expression over Unicode's tables takes milliseconds to get going. */
const asciiName = /(?:[0-9]+(?![0-9])|[A-Za-z_]\w*(?!\w))(?=[\0-\x7f]|$)/y;
const unicodeName = /\p{Nd}+|[\p{L}_][\p{L}\p{Nd}_]*/uy;
const specialName = /[@*#?\-$!0]/y;
/** What means nothing in a word; and in a pattern, which ends at a slash. */
const plainInWord = /[^$'"\\`}]+/y;
const plainInPattern = /[^$'"\\`}/]+/y;

class Expander {
  private readonly word: string;
  private readonly options: ExpandOptions;
  private readonly quotes: "remove" | "keep" | "ignore";
  private at: number;
  private depth: number;

  constructor(word: string, options: ExpandOptions) {
    this.word = word;
    this.options = options;
    this.quotes = options.quotes ?? "remove";
    this.at = 0;
    this.depth = 0;
  }

  expand(words: Words | undefined): string {
    return this.until("", false, words);
  }

  /** Reads up to the character `stop` and passes over it; `""` means up to the end. */
  private until(stop: string, rawEscapes: boolean, words?: Words): string {
    let result = "";
    while (this.at < this.word.length) {
      const character = this.word.charAt(this.at);
      if (character === stop) {
        this.at += 1;
        return result;
      }
      if (character === "$") {
        const value = this.dollar();
        words?.addText(value);
        result += value;
      } else if (this.quotes !== "ignore" && (character === "'" || character === '"')) {
        const quoted = character === "'" ? this.single() : this.double(rawEscapes);
        words?.addQuoted(quoted);
        result += quoted;
      } else if (character === this.options.escape) {
        const escaped = (rawEscapes ? character : "") + this.word.charAt(this.at + 1);
        this.at += 2;
        if (escaped !== "") words?.addQuoted(escaped);
        result += escaped;
      } else {
        const plain = this.plain(stop);
        words?.addText(plain);
        result += plain;
      }
    }
    if (stop !== "") throw new ExpansionError(`no ${stop} that closes a substitution in ${JSON.stringify(this.word)}`);
    return result;
  }

  /** Takes what means nothing here, and at least one character. */
  private plain(stop: string): string {
    const start = this.at;
    if (!this.take(stop === "/" ? plainInPattern : plainInWord)) this.at += 1;
    return this.word.slice(start, this.at);
  }

  /** Passes over what the sticky expression matches, if it does. */
  private take(expression: RegExp): boolean {
    expression.lastIndex = this.at;
    if (!expression.test(this.word)) return false;
    this.at = expression.lastIndex;
    return true;
  }

  private single(): string {
    const end = this.word.indexOf("'", this.at + 1);
    if (end < 0) throw new ExpansionError(`a single quote is not closed in ${JSON.stringify(this.word)}`);
    const inside = this.word.slice(this.at + 1, end);
    this.at = end + 1;
    return this.quotes === "keep" ? `'${inside}'` : inside;
  }

  /** Between double quotes an escape character protects `"`, `$` and itself, and is ordinary in front of anything else. */
  private double(rawEscapes: boolean): string {
    const { escape } = this.options;
    let inside = "";
    this.at += 1;
    while (this.at < this.word.length) {
      const character = this.word.charAt(this.at);
      if (character === '"') {
        this.at += 1;
        return this.quotes === "keep" ? `"${inside}"` : inside;
      }
      if (character === "$") inside += this.dollar();
      else if (character !== escape) {
        inside += character;
        this.at += 1;
      } else {
        const next = this.word.charAt(this.at + 1);
        const protects = next === '"' || next === "$" || next === escape;
        inside += protects ? (rawEscapes ? character : "") + next : character;
        this.at += protects ? 2 : 1;
      }
    }
    throw new ExpansionError(`a double quote is not closed in ${JSON.stringify(this.word)}`);
  }

  private dollar(): string {
    this.at += 1;
    if (this.word[this.at] === "{") return this.braces();
    const name = this.name();
    if (name === "") return "$";
    return this.options.lookup(name) ?? (this.options.unset === "keep" ? `$${name}` : "");
  }

  private braces(): string {
    this.at += 1;
    this.depth += 1;
    if (this.depth > deepest) throw new ExpansionError(`substitutions are nested more than ${deepest} deep`);
    const start = this.at;
    const first = this.word.charAt(this.at);
    if (first === "") throw new ExpansionError(`no } that closes a substitution in ${JSON.stringify(this.word)}`);
    if ("{}:".includes(first)) throw new ExpansionError(`bad substitution in ${JSON.stringify(this.word)}`);
    const name = this.name();
    const result = this.modified(name);
    this.depth -= 1;
    if (this.options.unset === "keep" && this.options.lookup(name) === undefined)
      return `\${${this.word.slice(start, this.at)}`;
    return result;
  }

  /** What stands behind the name: `}`, or an operator with its word. */
  private modified(name: string): string {
    const operator = /^(?::[-+?]|[-+?}]|##?|%%?|\/\/?)/.exec(this.word.slice(this.at, this.at + 2))?.[0];
    if (operator === undefined) throw this.unsupported();
    this.at += operator.length;
    const value = this.options.lookup(name);
    switch (operator) {
      case "}":
        return value ?? "";
      case "#":
      case "##":
        return withoutPrefix(value ?? "", this.until("}", true), operator === "##");
      case "%":
      case "%%":
        return withoutSuffix(value ?? "", this.until("}", true), operator === "%%");
      case "/":
      case "//": {
        const pattern = this.until("/", true);
        return withReplacement(value ?? "", { pattern, replacement: this.until("}", true), all: operator === "//" });
      }
      default:
        return this.defaulted(name, operator, value);
    }
  }

  /** With a colon in front, an empty value counts as none. */
  private defaulted(name: string, operator: string, value: string | undefined): string {
    const word = this.until("}", false);
    const empty = value === undefined || (operator.startsWith(":") && value === "");
    if (operator.endsWith("-")) return empty ? word : value;
    if (operator.endsWith("+")) return empty ? "" : word;
    if (!empty) return value;
    if (this.options.unset === "keep") return "";
    throw new ExpansionError(
      `${name}: ${word === "" ? `must not be ${value === undefined ? "unset" : "empty"}` : word}`,
      name,
    );
  }

  private unsupported(): ExpansionError {
    const operator = this.word.slice(this.at, this.at + (this.word[this.at] === ":" ? 2 : 1));
    if (operator === "") return new ExpansionError(`no } that closes a substitution in ${JSON.stringify(this.word)}`);
    return new ExpansionError(`unsupported modifier ${operator} in a substitution in ${JSON.stringify(this.word)}`);
  }

  /** Letters, digits and `_`; a name that starts with a digit is digits alone; or one special parameter of the shell. */
  private name(): string {
    const start = this.at;
    if (!this.take(asciiName) && !this.take(unicodeName)) this.take(specialName);
    return this.word.slice(start, this.at);
  }
}

/** Splits what is expanded into words while it is made. */
class Words {
  private readonly words: string[] = [];
  private word = "";

  addText(text: string): void {
    for (let at = 0; at < text.length;) {
      const start = skipSpaces(text, at);
      if (start > at && this.word !== "") this.end();
      at = start;
      while (at < text.length && !isSpaceAt(text, at)) at += 1;
      this.word += text.slice(start, at);
    }
  }

  addQuoted(text: string): void {
    this.word += text;
  }

  finish(): readonly string[] {
    if (this.word !== "") this.end();
    return this.words;
  }

  private end(): void {
    this.words.push(this.word);
    this.word = "";
  }
}
