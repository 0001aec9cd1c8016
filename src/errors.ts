/** A place in a Dockerfile: 1-based lines, both ends included. */
export interface LineRange {
  readonly start: number;
  readonly end: number;
}

/** A place between two characters: both count from 1, columns in UTF-16 units as editors count them. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A piece of a file: `end` is the place just behind its last character. */
export interface SourceRange {
  readonly start: Position;
  readonly end: Position;
}

/** What an error shows of the file it speaks of. */
export interface Excerpt {
  /** As the user named it, e.g. `Dockerfile`. */
  readonly file: string;
  /** The whole text of the file; the renderer cuts out what it shows. */
  readonly text: string;
  readonly lines: LineRange;
  /** The characters that are at fault, which are underlined. */
  readonly range?: SourceRange | undefined;
}

export interface ErrorDetails {
  /** What a person can do about it: one sentence, or a command. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
  readonly excerpt?: Excerpt | undefined;
  /** Last lines of a failed process's output. */
  readonly output?: string | undefined;
}

/**
 * Every failure that a user can meet. `code` is stable and kebab-case (`registry-unauthorized`), so that scripts can
 * match it; `message` is a lowercase sentence without a full stop that names the path, line or reference. Neither may
 * hold a secret: pass URLs through `redactUrl` first.
 */
export class OciBuildError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly excerpt: Excerpt | undefined;
  readonly output: string | undefined;

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "OciBuildError";
    this.code = code;
    this.hint = details.hint;
    this.excerpt = details.excerpt;
    this.output = details.output;
  }
}

/**
 * The same error, shown at a place of a file; one that has a place already keeps it. Where the lines hold `piece`, or what
 * the message says in quotes, that is underlined.
 */
export function located(error: unknown, place: Excerpt, piece?: string): unknown {
  if (!(error instanceof OciBuildError) || error.excerpt !== undefined) return error;
  const { code, message, hint, cause, output, stack } = error;
  const range = place.range ?? rangeOfWord(place, piece ?? /"([^"]+)"/.exec(message)?.[1] ?? "");
  const excerpt = range === undefined ? place : { ...place, lines: linesOf(range), range };
  return Object.assign(new OciBuildError(code, message, { hint, cause, output, excerpt }), { stack });
}

/** Where a word of its own stands first in the lines of an excerpt. */
function rangeOfWord({ text, lines }: Excerpt, word: string): SourceRange | undefined {
  if (word === "") return undefined;
  for (const [index, line] of text.split("\n").entries()) {
    const number = index + 1;
    if (number < lines.start || number > lines.end) continue;
    for (let at = line.indexOf(word); at >= 0; at = line.indexOf(word, at + 1)) {
      const around = line.charAt(at - 1) + line.charAt(at + word.length);
      if (!/[^\s=,"'[\]]/.test(around))
        return { start: { line: number, column: at + 1 }, end: { line: number, column: at + word.length + 1 } };
    }
  }
  return undefined;
}

function linesOf({ start, end }: SourceRange): LineRange {
  return { start: start.line, end: end.line };
}

/** A URL as it may be shown: without user, password and query string. */
export function redactUrl(url: string | URL): string {
  const parsed = new URL(url);
  parsed.username = "";
  parsed.password = "";
  parsed.search = "";
  return parsed.toString();
}

/** The text of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The end of an exhaustive switch: reaching it is a fault in oci-build, not in its input. */
export function unreachable(value: never): never {
  throw new TypeError(`unreachable: ${JSON.stringify(value)}`);
}
