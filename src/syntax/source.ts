import type { LineRange, Position, SourceRange } from "../errors.ts";

export type { Position, SourceRange };

/** One physical line. */
export interface SourceLine {
  /** Counts from 1. */
  readonly number: number;
  /** Without its line ending. */
  readonly text: string;
  readonly ending: "\n" | "\r\n" | "";
}

export interface Source {
  /** As the user named it, e.g. `Dockerfile`. */
  readonly file: string;
  /** Without a byte order mark. */
  readonly text: string;
  readonly lines: readonly SourceLine[];
  /** Numbers of the lines whose bytes are not UTF-8. */
  readonly undecodable: ReadonlySet<number>;
}

/** Splits a Dockerfile into lines. Bytes are read as UTF-8; what is not UTF-8 is remembered, so that only its use fails. */
export function readSource(file: string, content: string | Uint8Array): Source {
  const text = typeof content === "string" ? content.replace(/^\ufeff/, "") : new TextDecoder().decode(content);
  const undecodable = typeof content === "string" ? new Set<number>() : undecodableLines(content, text);
  return { file, text, lines: splitLines(text), undecodable };
}

/** Which of two places comes first in the file, for sorting. */
export function comparePositions(one: Position, other: Position): number {
  return one.line - other.line || one.column - other.column;
}

/** The lines that a range touches. */
export function linesOf(range: SourceRange): LineRange {
  return { start: range.start.line, end: range.end.line };
}

export function rangeOfLine(line: SourceLine): SourceRange {
  return { start: { line: line.number, column: 1 }, end: { line: line.number, column: line.text.length + 1 } };
}

function splitLines(text: string): SourceLine[] {
  const lines: SourceLine[] = [];
  let start = 0;
  while (start < text.length) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    const carriage = newline > start && text.charCodeAt(end - 1) === 13;
    const ending = newline < 0 ? "" : carriage ? "\r\n" : "\n";
    lines.push({ number: lines.length + 1, text: text.slice(start, carriage ? end - 1 : end), ending });
    start = end + 1;
  }
  return lines;
}

function undecodableLines(bytes: Uint8Array, text: string): Set<number> {
  const found = new Set<number>();
  if (!text.includes("\ufffd")) return found;
  const strict = new TextDecoder("utf-8", { fatal: true });
  let start = 0;
  for (let number = 1; start < bytes.length; number += 1) {
    const newline = bytes.indexOf(10, start);
    const end = newline < 0 ? bytes.length : newline;
    try {
      strict.decode(bytes.subarray(start, end));
    } catch {
      found.add(number);
    }
    start = end + 1;
  }
  return found;
}
