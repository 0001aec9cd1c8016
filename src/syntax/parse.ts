import type { Directives } from "./directives.ts";
import { readDirectives } from "./directives.ts";
import type { RawFlag } from "./flags.ts";
import { splitFlags } from "./flags.ts";
import type { Heredoc } from "./heredoc.ts";
import { heredocMarks, readHeredoc } from "./heredoc.ts";
import { readJsonForm } from "./json-form.ts";
import type { Comment, LineCursor, LogicalLine } from "./lines.ts";
import { commentOn, joinLine, rangeOfPiece, takeLine } from "./lines.ts";
import type { InstructionName } from "./node.ts";
import { FlagNode, InstructionNode, instructionNames, Piece } from "./node.ts";
import type { Problem } from "./problem.ts";
import type { Source, SourceRange } from "./source.ts";
import { rangeOfLine } from "./source.ts";
import { skipSpaces, trimEnd } from "./space.ts";
import { didYouMean } from "./suggest.ts";

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

const nameOf: ReadonlyMap<string, InstructionName> = new Map(instructionNames.map((name) => [name, name]));

const blank = /[\t\v\f\r ]/g;
const noFlags: readonly FlagNode[] = [];
const noHeredocs: readonly Heredoc[] = [];

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
    } else if (skipSpaces(line.text, 0) < line.text.length) {
      const written = joinLine(cursor, line, directives.escape);
      const read = parseInstruction(cursor, { written, start: 0, isTrigger: false }, { directives, comments: above });
      if (read instanceof InstructionNode) {
        instructions.push(read);
        if (source.undecodable.size > 0) problems.push(...undecodable(source, read));
      } else problems.push(read);
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

/** Where an instruction starts on its line: at its beginning, or behind ONBUILD. */
interface Start {
  readonly written: LogicalLine;
  readonly start: number;
  readonly isTrigger: boolean;
}

function parseInstruction(
  cursor: LineCursor,
  { written, start: indent, isTrigger }: Start,
  surroundings: Surroundings,
): InstructionNode | Problem {
  const { directives, comments } = surroundings;
  const text = trimEnd(written.text);
  const start = skipSpaces(written.text, indent);
  const keyword = new Piece(written, start, keywordEnd(text, start));
  const name = nameOf.get(keyword.text) ?? nameOf.get(keyword.text.toUpperCase());
  if (name === undefined) {
    skipHeredocs(cursor, text);
    return unknownInstruction(keyword);
  }
  const { flags, rest } = splitFlags(text, start + keyword.text.length, directives.escape);
  const from = skipSpaces(text, rest);
  const parts = {
    name,
    keyword,
    flags: flags.length === 0 ? noFlags : flags.map((flag) => flagNode(written, flag)),
    arguments: new Piece(written, from, text.length),
    heredocs: noHeredocs,
    comments,
    whole: new Piece(written, start, text.length),
    written,
    trigger: undefined,
  };
  if (name === "ONBUILD" && !isTrigger && from < text.length) {
    const trigger = parseInstruction(cursor, { written, start: from, isTrigger: true }, surroundings);
    if (!(trigger instanceof InstructionNode)) return trigger;
    return new InstructionNode({ ...parts, heredocs: trigger.heredocs, trigger });
  }
  if (!mayHoldHeredocs(name, parts.arguments.text)) return new InstructionNode(parts);
  const heredocs: Heredoc[] = [];
  for (const mark of heredocMarks(parts.arguments.text)) {
    const heredoc = readHeredoc(cursor, mark);
    if (heredoc === undefined)
      return unterminated(mark.name, rangeOfPiece(written, `<<${mark.name}`) ?? parts.whole.range);
    heredocs.push(heredoc);
  }
  return new InstructionNode({ ...parts, heredocs });
}

function flagNode(written: LogicalLine, { name, value, start, end }: RawFlag): FlagNode {
  return new FlagNode(name, value, new Piece(written, start, end));
}

/** Where the first blank stands at or behind `start`; the end without one. */
function keywordEnd(text: string, start: number): number {
  blank.lastIndex = start;
  return blank.exec(text)?.index ?? text.length;
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

function unknownInstruction({ text, range }: Piece): Problem {
  const message = `unknown instruction ${JSON.stringify(text.slice(0, 100))}${didYouMean(text, instructionNames)}`;
  if (text.startsWith("//")) return { code: "instruction-unknown", message, range, hint: "comments start with #" };
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
  const lines = source.lines.slice(range.start.line - 1, range.end.line);
  const bad = lines.filter((line) => source.undecodable.has(line.number) && commentOn(line) === undefined);
  return bad.map((line) => ({
    code: "encoding-unsupported",
    message: "the line is not valid UTF-8",
    range: rangeOfLine(line),
    hint: "save the file as UTF-8",
  }));
}
