import type { Escape } from "./directives.ts";
import type { Position, Source, SourceLine, SourceRange } from "./source.ts";
import { rangeOfLine } from "./source.ts";
import { isSpaceAt, skipSpaces, trim } from "./space.ts";

/** What an instruction was written on: one or more physical lines joined by continuations. */
export interface LogicalLine {
  readonly text: string;
  /** Where each piece of `text` came from, in order. */
  readonly segments: readonly Segment[];
  /** Blank lines inside the continuation. */
  readonly blanks: readonly SourceRange[];
}

interface Segment {
  /** Offset in the logical text. */
  readonly at: number;
  readonly line: number;
  readonly column: number;
  readonly length: number;
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
  return line.text[start] === "#" ? { text: trim(line.text.slice(start + 1)), range: rangeOfLine(line) } : undefined;
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
  const segments: Segment[] = [{ at: 0, line: first.number, column: start + 1, length: text.length }];
  const blanks: SourceRange[] = [];
  while (end !== undefined) {
    const line = takeLine(cursor);
    if (line === undefined) break;
    const visible = skipSpaces(line.text, 0);
    if (visible === line.text.length) blanks.push(rangeOfLine(line));
    else if (line.text[visible] !== "#") {
      end = continuationAt(line.text, escape);
      const piece = line.text.slice(0, end);
      segments.push({ at: text.length, line: line.number, column: 1, length: piece.length });
      text += piece;
    }
  }
  return { text, segments, blanks };
}

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
function positionIn({ segments }: LogicalLine, offset: number, ends: boolean): Position {
  let low = 0;
  let high = segments.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const at = segments[middle]?.at ?? 0;
    if (ends ? at < offset : at <= offset) low = middle;
    else high = middle - 1;
  }
  const segment = segments[low];
  if (segment === undefined) throw new TypeError("a logical line without a segment");
  return { line: segment.line, column: segment.column + Math.min(offset - segment.at, segment.length) };
}

/** Offset of the escape character that continues the line, or undefined. */
function continuationAt(text: string, escape: Escape): number | undefined {
  let end = text.length;
  while (text[end - 1] === " " || text[end - 1] === "\t") end -= 1;
  if (text[end - 1] !== escape || text[end - 2] === escape) return undefined;
  return end - 1;
}
