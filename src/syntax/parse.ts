import type { Directives } from "./directives.ts";
import { readDirectives } from "./directives.ts";
import { splitFlags } from "./flags.ts";
import type { Heredoc } from "./heredoc.ts";
import { heredocMarks, readHeredoc } from "./heredoc.ts";
import { readJsonForm } from "./json-form.ts";
import type { Comment, LineCursor, LogicalLine } from "./lines.ts";
import { commentOn, joinLine, rangeIn, rangeOfPiece, skipSpaces, takeLine } from "./lines.ts";
import type { Problem } from "./problem.ts";
import type { Source, SourceRange } from "./source.ts";
import { rangeOfLine } from "./source.ts";
import { trimEnd, trimStart } from "./space.ts";
import { didYouMean } from "./suggest.ts";

/** `--name=value` of an instruction. */
export interface FlagNode {
  readonly name: string;
  readonly value: string | undefined;
  readonly range: SourceRange;
}

export interface InstructionNode {
  /** In capitals. */
  readonly name: InstructionName;
  /** From the keyword to the end of the last line or closing heredoc line. */
  readonly range: SourceRange;
  readonly keyword: { readonly text: string; readonly range: SourceRange };
  readonly flags: readonly FlagNode[];
  /** What follows the flags, continuations joined, trimmed. */
  readonly arguments: { readonly text: string; readonly range: SourceRange };
  readonly heredocs: readonly Heredoc[];
  /** The block of comments directly above it. */
  readonly comments: readonly string[];
  /** The whole instruction on one line, without heredoc bodies. */
  readonly line: string;
  /** Where the pieces of `line` are in the file. */
  readonly written: LogicalLine;
  /** What stands behind ONBUILD; it has the heredocs. */
  readonly trigger?: InstructionNode;
}

export interface SyntaxTree {
  readonly source: Source;
  readonly directives: Directives;
  readonly instructions: readonly InstructionNode[];
  readonly comments: readonly Comment[];
  readonly warnings: readonly Problem[];
}

export type ParseResult =
  | { readonly kind: "tree"; readonly tree: SyntaxTree }
  /** `readable` holds the instructions that have none of the problems. */
  | { readonly kind: "problems"; readonly problems: readonly Problem[]; readonly readable: SyntaxTree };

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

const nameOf: ReadonlyMap<string, InstructionName> = new Map(instructionNames.map((name) => [name, name]));

/** BuildKit reads lines into a buffer of 64 KiB. */
const longestLine = 65535;

/** Reads a Dockerfile into its syntax tree, or says everything that is wrong with it. Never throws. */
export function parse(source: Source): ParseResult {
  const directives = readDirectives(source);
  const problems: Problem[] = [...directives.problems, ...longLines(source)];
  const instructions: InstructionNode[] = [];
  const comments: Comment[] = [];
  const directiveLines = new Set(directives.list.map(({ range }) => range.start.line));
  const cursor: LineCursor = { source, next: 0 };
  let above: string[] = [];
  for (let line = takeLine(cursor); line !== undefined; line = takeLine(cursor)) {
    const comment = commentOn(line);
    if (comment !== undefined) {
      if (directiveLines.has(line.number)) continue;
      comments.push(comment);
      if (comment.text === "") above = [];
      else above.push(comment.text);
    } else if (trimStart(line.text) !== "") {
      const logical = joinLine(cursor, line, directives.escape);
      const node = parseInstruction(cursor, logical, { directives, comments: above });
      if ("code" in node) problems.push(node);
      else {
        instructions.push(node);
        problems.push(...undecodable(source, node));
      }
      above = [];
    } else above = [];
  }
  if (instructions.length === 0 && problems.length === 0) problems.push(noInstructions(source));
  const tree = { source, directives, instructions, comments, warnings: directives.warnings };
  return problems.length > 0 ? { kind: "problems", problems, readable: tree } : { kind: "tree", tree };
}

interface Surroundings {
  readonly directives: Directives;
  readonly comments: readonly string[];
}

function parseInstruction(
  cursor: LineCursor,
  line: LogicalLine,
  surroundings: Surroundings,
): InstructionNode | Problem {
  return parseAt(cursor, { line, start: skipSpaces(line.text, 0), isTrigger: false }, surroundings);
}

/** Where an instruction starts on its line: at its beginning, or behind ONBUILD. */
interface Start {
  readonly line: LogicalLine;
  readonly start: number;
  readonly isTrigger: boolean;
}

function parseAt(
  cursor: LineCursor,
  { line, start, isTrigger }: Start,
  surroundings: Surroundings,
): InstructionNode | Problem {
  const { directives, comments } = surroundings;
  const text = trimEnd(line.text);
  const range = rangeIn(line, start, text.length);
  const keywordEnd = start + text.slice(start).search(/[\t\v\f\r ]|$/);
  const keyword = text.slice(start, keywordEnd);
  const name = nameOf.get(keyword.toUpperCase());
  if (name === undefined) {
    skipHeredocs(cursor, text);
    return unknownInstruction(keyword, rangeIn(line, start, keywordEnd));
  }
  const split = splitFlags(text, keywordEnd, directives.escape);
  const from = skipSpaces(text, split.rest);
  const node = {
    name,
    keyword: { text: keyword, range: rangeIn(line, start, keywordEnd) },
    flags: split.flags.map((flag) => ({
      name: flag.name,
      value: flag.value,
      range: rangeIn(line, flag.start, flag.end),
    })),
    arguments: { text: text.slice(from), range: rangeIn(line, from, text.length) },
    comments,
    line: text.slice(start),
    written: line,
  };
  if (name === "ONBUILD" && !isTrigger && from < text.length) {
    const trigger = parseAt(cursor, { line, start: from, isTrigger: true }, surroundings);
    if ("code" in trigger) return trigger;
    return { ...node, range: { start: range.start, end: trigger.range.end }, heredocs: trigger.heredocs, trigger };
  }
  const heredocs: Heredoc[] = [];
  for (const mark of mayHoldHeredocs(name, node.arguments.text) ? heredocMarks(node.arguments.text) : []) {
    const heredoc = readHeredoc(cursor, mark);
    if (heredoc === undefined) return unterminated(mark.name, rangeOfPiece(line, `<<${mark.name}`) ?? range);
    heredocs.push(heredoc);
  }
  return { ...node, range: { start: range.start, end: heredocs.at(-1)?.range.end ?? range.end }, heredocs };
}

/** Heredocs belong to RUN, COPY and ADD, also behind ONBUILD, and never to the JSON form. */
function mayHoldHeredocs(name: InstructionName, body: string): boolean {
  if (!body.includes("<<")) return false;
  return (name === "RUN" || name === "COPY" || name === "ADD") && readJsonForm(body).kind === "plain";
}

/** The bodies of a misspelt instruction's heredocs are no instructions. */
function skipHeredocs(cursor: LineCursor, text: string): void {
  const start = cursor.next;
  for (const mark of heredocMarks(text)) {
    if (readHeredoc(cursor, mark) !== undefined) continue;
    cursor.next = start;
    return;
  }
}

function unknownInstruction(keyword: string, range: SourceRange): Problem {
  const message = `unknown instruction ${JSON.stringify(keyword.slice(0, 100))}${didYouMean(keyword, instructionNames)}`;
  if (keyword.startsWith("//")) return { code: "instruction-unknown", message, range, hint: "comments start with #" };
  return { code: "instruction-unknown", message, range };
}

function unterminated(name: string, range: SourceRange): Problem {
  const hint = `close it by a line that holds nothing but ${name}`;
  return {
    code: "heredoc-unterminated",
    message: `the heredoc ${name} is not closed before the end of the file`,
    hint,
    range,
  };
}

function noInstructions(source: Source): Problem {
  const line = source.lines.at(-1);
  const start = { line: 1, column: 1 };
  return {
    code: "dockerfile-empty",
    message: "the file holds no instruction",
    range: line === undefined ? { start, end: start } : rangeOfLine(line),
  };
}

function longLines(source: Source): Problem[] {
  const bytes = new TextEncoder();
  const long = source.lines.filter(
    ({ text }) => text.length * 3 > longestLine && bytes.encode(text).length > longestLine,
  );
  return long.map((line) => ({
    code: "line-too-long",
    message: `the line is longer than ${longestLine} bytes`,
    range: rangeOfLine(line),
  }));
}

/** An instruction's bytes must be text; in a comment anything goes. */
function undecodable(source: Source, { range }: InstructionNode): Problem[] {
  if (source.undecodable.size === 0) return [];
  const lines = source.lines.slice(range.start.line - 1, range.end.line);
  const bad = lines.filter((line) => source.undecodable.has(line.number) && commentOn(line) === undefined);
  return bad.map((line) => ({
    code: "encoding-unsupported",
    message: "the line is not valid UTF-8",
    range: rangeOfLine(line),
    hint: "save the file as UTF-8",
  }));
}
