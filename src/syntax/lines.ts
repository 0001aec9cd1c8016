import type { Escape } from "./directives.ts";
import type { Position, Source, SourceLine, SourceRange } from "./source.ts";
import { rangeOfLine } from "./source.ts";
import { isSpaceAt, skipSpaces, trim } from "./space.ts";

/** What an instruction was written on: one or more physical lines joined by continuations. */
export interface LogicalLine {
  readonly text: string;
  /** Where `text` begins in the file. */
  readonly line: number;
  readonly column: number;
  /** The lines that continue the first, in order. */
  readonly continuations: readonly Continuation[];
  /** Blank lines inside the continuation. */
  readonly blanks: readonly SourceRange[];
}

interface Continuation {
  /** Where in the logical text the line begins. */
  readonly at: number;
  readonly line: number;
}

export interface Comment {
  /** Without `#` and the spaces around. */
  readonly text: string;
  readonly range: SourceRange;
}

/** Reads a source line by line; `next` is the index of the line to come. */
export interface LineCursor {
  readonly source: Source;
  next: number;
}

/** The next physical line, passing over it. */
export function takeLine(cursor: LineCursor): SourceLine | undefined {
  const line = cursor.source.lines[cursor.next];
  if (line !== undefined) cursor.next += 1;
  return line;
}

/** The comment that a line holds: `#` must be its first visible character. */
export function commentOn(line: SourceLine): Comment | undefined {
  const start = skipSpaces(line.text, 0);
  return line.text[start] === "#" ? commentAt(line, start) : undefined;
}

/** The comment of a line whose `#` is at the offset `start`. */
export function commentAt(line: SourceLine, start: number): Comment {
  return { text: trim(line.text.slice(start + 1)), range: rangeOfLine(line) };
}

/**
 * Joins `first` with the lines that continue it. A line is continued when it ends with one escape character, spaces behind
 * it allowed; two of them are none. Comment and blank lines inside are dropped and do not end the instruction; the white
 * space at the start of a continuing line is kept (as BuildKit's parser does).
 */
export function joinLine(cursor: LineCursor, first: SourceLine, escape: Escape): LogicalLine {
  const start = skipSpaces(first.text, 0);
  let end = continuationAt(first.text, escape);
  let text = first.text.slice(start, end);
  const column = start + 1;
  if (end === undefined) return { text, line: first.number, column, continuations: none, blanks: none };
  const continuations: Continuation[] = [];
  const blanks: SourceRange[] = [];
  while (end !== undefined) {
    const line = takeLine(cursor);
    if (line === undefined) break;
    const visible = skipSpaces(line.text, 0);
    if (visible === line.text.length) blanks.push(rangeOfLine(line));
    else if (line.text[visible] !== "#") {
      end = continuationAt(line.text, escape);
      continuations.push({ at: text.length, line: line.number });
      text += line.text.slice(0, end);
    }
  }
  return { text, line: first.number, column, continuations, blanks };
}

const none: readonly never[] = [];

/** Where the offsets `start` to `end` of a logical line lie in the file. */
export function rangeIn(line: LogicalLine, start: number, end: number): SourceRange {
  return { start: positionIn(line, start, false), end: positionIn(line, end, start < end) };
}

/**
 * Where `piece` stands in a logical line, by its place in the file: preferably where it is a word, or a value, of its own.
 * Undefined when it stands nowhere there.
 */
export function rangeOfPiece(line: LogicalLine, piece: string): SourceRange | undefined {
  if (piece === "") return undefined;
  const first = line.text.indexOf(piece);
  if (first < 0) return undefined;
  const isEdge = (offset: number): boolean =>
    isSpaceAt(line.text, offset) || /^[=,"'[\]]?$/.test(line.text.charAt(offset));
  for (let at = first; at >= 0; at = line.text.indexOf(piece, at + 1))
    if (isEdge(at - 1) && isEdge(at + piece.length)) return rangeIn(line, at, at + piece.length);
  return rangeIn(line, first, first + piece.length);
}

/** An offset at a seam belongs to the later piece when something starts there, to the earlier when something ends there. */
function positionIn({ line, column, continuations }: LogicalLine, offset: number, ends: boolean): Position {
  const seam = continuations.findLast(({ at }) => (ends ? at < offset : at <= offset));
  return seam === undefined ? { line, column: column + offset } : { line: seam.line, column: offset - seam.at + 1 };
}

/** Offset of the escape character that continues the line, or undefined. */
function continuationAt(text: string, escape: Escape): number | undefined {
  let end = text.length;
  while (text[end - 1] === " " || text[end - 1] === "\t") end -= 1;
  if (text[end - 1] !== escape || text[end - 2] === escape) return undefined;
  return end - 1;
}
