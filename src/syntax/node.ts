import type { LineRange } from "../errors.ts";
import type { RawFlag } from "./flags.ts";
import type { Heredoc } from "./heredoc.ts";
import type { LogicalLine } from "./lines.ts";
import { rangeIn } from "./lines.ts";
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
  private readonly written: LogicalLine;
  private readonly start: number;
  private readonly end: number;

  constructor(written: LogicalLine, flag: RawFlag) {
    this.name = flag.name;
    this.value = flag.value;
    this.written = written;
    this.start = flag.start;
    this.end = flag.end;
  }

  get range(): SourceRange {
    return rangeIn(this.written, this.start, this.end);
  }
}

/** What an instruction consists of. */
export interface InstructionParts {
  /** In capitals. */
  readonly name: InstructionName;
  readonly flags: readonly FlagNode[];
  /** What follows the flags, continuations joined, trimmed. */
  readonly arguments: Piece;
  readonly heredocs: readonly Heredoc[];
  /** The block of comments directly above it. */
  readonly comments: readonly string[];
  /** The whole instruction on one line, without heredoc bodies. */
  readonly line: string;
  /** Where `line` comes from, and at which offset it begins there. */
  readonly written: LogicalLine;
  readonly start: number;
  /** What stands behind ONBUILD; it has the heredocs. */
  readonly trigger: InstructionNode | undefined;
}

export class InstructionNode implements InstructionParts {
  readonly name: InstructionName;
  readonly flags: readonly FlagNode[];
  readonly arguments: Piece;
  readonly heredocs: readonly Heredoc[];
  readonly comments: readonly string[];
  readonly line: string;
  readonly written: LogicalLine;
  readonly start: number;
  readonly trigger: InstructionNode | undefined;

  constructor(parts: InstructionParts) {
    this.name = parts.name;
    this.flags = parts.flags;
    this.arguments = parts.arguments;
    this.heredocs = parts.heredocs;
    this.comments = parts.comments;
    this.line = parts.line;
    this.written = parts.written;
    this.start = parts.start;
    this.trigger = parts.trigger;
  }

  /** As it is written; it is as long as its name. */
  get keyword(): Piece {
    return new Piece(this.written, this.start, this.start + this.name.length);
  }

  /** From the keyword to the end of the last line or closing heredoc line. */
  get range(): SourceRange {
    const { start, end } = rangeIn(this.written, this.start, this.start + this.line.length);
    return { start, end: this.heredocs.at(-1)?.range.end ?? end };
  }

  get lines(): LineRange {
    return linesOf(this.range);
  }
}
