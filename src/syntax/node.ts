import type { Heredoc } from "./heredoc.ts";
import type { LogicalLine } from "./lines.ts";
import { rangeIn } from "./lines.ts";
import type { LineRange } from "../errors.ts";
import { linesOf, type SourceRange } from "./source.ts";

export type InstructionName = (typeof instructionNames)[number];

export const instructionNames = [
  "ADD",
  "ARG",
  "CMD",
  "COPY",
  "ENTRYPOINT",
  "ENV",
  "EXPOSE",
  "FROM",
  "HEALTHCHECK",
  "LABEL",
  "MAINTAINER",
  "ONBUILD",
  "RUN",
  "SHELL",
  "STOPSIGNAL",
  "USER",
  "VOLUME",
  "WORKDIR",
] as const;

/**
 * A piece of an instruction. Its place in the file, like that of all that is below, is worked out when it is asked for:
 * only findings and errors ask, and they are few.
 */
export class Piece {
  readonly text: string;
  private readonly written: LogicalLine;
  private readonly start: number;

  constructor(written: LogicalLine, start: number, end: number) {
    this.text = written.text.slice(start, end);
    this.written = written;
    this.start = start;
  }

  get range(): SourceRange {
    return rangeIn(this.written, this.start, this.start + this.text.length);
  }
}

/** `--name=value` of an instruction. */
export class FlagNode {
  readonly name: string;
  readonly value: string | undefined;
  private readonly piece: Piece;

  constructor(name: string, value: string | undefined, piece: Piece) {
    this.name = name;
    this.value = value;
    this.piece = piece;
  }

  get range(): SourceRange {
    return this.piece.range;
  }
}

/** What an instruction consists of. */
export interface InstructionParts {
  /** In capitals. */
  readonly name: InstructionName;
  readonly keyword: Piece;
  readonly flags: readonly FlagNode[];
  /** What follows the flags, continuations joined, trimmed. */
  readonly arguments: Piece;
  readonly heredocs: readonly Heredoc[];
  /** The block of comments directly above it. */
  readonly comments: readonly string[];
  /** The whole instruction, without heredoc bodies. */
  readonly whole: Piece;
  /** Where the pieces are in the file. */
  readonly written: LogicalLine;
  /** What stands behind ONBUILD; it has the heredocs. */
  readonly trigger: InstructionNode | undefined;
}

export class InstructionNode implements InstructionParts {
  readonly name: InstructionName;
  readonly keyword: Piece;
  readonly flags: readonly FlagNode[];
  readonly arguments: Piece;
  readonly heredocs: readonly Heredoc[];
  readonly comments: readonly string[];
  readonly whole: Piece;
  readonly written: LogicalLine;
  readonly trigger: InstructionNode | undefined;

  constructor(parts: InstructionParts) {
    this.name = parts.name;
    this.keyword = parts.keyword;
    this.flags = parts.flags;
    this.arguments = parts.arguments;
    this.heredocs = parts.heredocs;
    this.comments = parts.comments;
    this.whole = parts.whole;
    this.written = parts.written;
    this.trigger = parts.trigger;
  }

  /** The whole instruction on one line, without heredoc bodies. */
  get line(): string {
    return this.whole.text;
  }

  /** From the keyword to the end of the last line or closing heredoc line. */
  get range(): SourceRange {
    const { start, end } = this.whole.range;
    return { start, end: this.heredocs.at(-1)?.range.end ?? end };
  }

  get lines(): LineRange {
    return linesOf(this.range);
  }
}
