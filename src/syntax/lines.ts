import type { Escape } from "./directives.ts";
import type { Position, Source, SourceLine, SourceRange } from "./source.ts";
import { rangeOfLine } from "./source.ts";
import { isSpace, trim, trimStart } from "./space.ts";

/** What an instruction was written on: one or more physical lines joined by continuations. */
export interface LogicalLine {
  readonly text: string;
  /** Where each piece of `text` came from, in order. */
  readonly segments: readonly Segment[];
  readonly first: SourceLine;
  readonly last: SourceLine;
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
  const text = trimStart(line.text);
  return text.startsWith("#") ? { text: trim(text.slice(1)), range: rangeOfLine(line) } : undefined;
}

/**
 * Joins `first` with the lines that continue it. A line is continued when it ends with one escape character, spaces behind
 * it allowed; two of them are none. Comment and blank lines inside are dropped and do not end the instruction; the white
 * space at the start of a continuing line is kept (as BuildKit's parser does).
 */
export function joinLine(cursor: LineCursor, first: SourceLine, escape: Escape): LogicalLine {
  const segments: Segment[] = [];
  const blanks: SourceRange[] = [];
  const indent = first.text.length - trimStart(first.text).length;
  let text = "";
  let last = first;
  let open = append(first, indent);
  while (open) {
    const line = takeLine(cursor);
    if (line === undefined) break;
    last = line;
    if (commentOn(line) !== undefined) continue;
    if (trimStart(line.text) === "") blanks.push(rangeOfLine(line));
    else open = append(line, 0);
  }
  return { text, segments, first, last, blanks };

  function append(line: SourceLine, start: number): boolean {
    const end = continuationAt(line.text, escape);
    const piece = line.text.slice(start, end);
    segments.push({ at: text.length, line: line.number, column: start + 1, length: piece.length });
    text += piece;
    return end !== undefined;
  }
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
    isSpace(line.text.charAt(offset)) || /^[=,"'[\]]?$/.test(line.text.charAt(offset));
  for (let at = first; at >= 0; at = line.text.indexOf(piece, at + 1))
    if (isEdge(at - 1) && isEdge(at + piece.length)) return rangeIn(line, at, at + piece.length);
  return rangeIn(line, first, first + piece.length);
}

/** An offset at a seam belongs to the later piece when something starts there, to the earlier when something ends there. */
function positionIn(line: LogicalLine, offset: number, ends: boolean): Position {
  let low = 0;
  let high = line.segments.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const at = line.segments[middle]?.at ?? 0;
    if (ends ? at < offset : at <= offset) low = middle;
    else high = middle - 1;
  }
  const segment = line.segments[low] ?? { at: 0, line: line.first.number, column: 1, length: 0 };
  return { line: segment.line, column: segment.column + Math.min(offset - segment.at, segment.length) };
}

/** Offset of the escape character that continues the line, or undefined. */
function continuationAt(text: string, escape: Escape): number | undefined {
  let end = text.length;
  while (end > 0 && (text[end - 1] === " " || text[end - 1] === "\t")) end -= 1;
  if (text[end - 1] !== escape || text[end - 2] === escape) return undefined;
  return end - 1;
}

/** Offset of the first character at or behind `start` that is not white space. */
export function skipSpaces(text: string, start: number): number {
  let at = start;
  while (at < text.length && isSpace(text.charAt(at))) at += 1;
  return at;
}
