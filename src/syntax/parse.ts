import type { Directives, Escape } from "./directives.ts";
import { readDirectives } from "./directives.ts";
import { splitFlags } from "./flags.ts";
import type { Heredoc } from "./heredoc.ts";
import { heredocMarks, readHeredoc } from "./heredoc.ts";
import { readJsonForm } from "./json-form.ts";
import type { Comment, LineCursor, LogicalLine } from "./lines.ts";
import { commentAt, commentOn, joinLine, rangeIn, rangeOfPiece, takeLine } from "./lines.ts";
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

const nameOf: ReadonlyMap<string, InstructionName> = new Map(
  instructionNames.flatMap((name) => [
    [name, name],
    [name.toLowerCase(), name],
  ]),
);

const blanks = " \t\v\f\r";
const none: readonly never[] = [];

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
    const visible = skipSpaces(line.text, 0);
    if (visible === line.text.length) above = [];
    else if (line.text[visible] === "#") {
      if (directiveLines.has(line.number)) continue;
      const comment = commentAt(line, visible);
      comments.push(comment);
      if (comment.text === "") above = [];
      else above.push(comment.text);
    } else {
      const written = joinLine(cursor, line, directives.escape);
      const beginning = { written, start: 0, isTrigger: false, comments: above.length === 0 ? none : above };
      const read = parseInstruction(cursor, beginning, directives.escape);
      if (read instanceof InstructionNode) {
        instructions.push(read);
        if (source.undecodable.size > 0) problems.push(...undecodable(source, read));
      } else problems.push(read);
      if (above.length > 0) above = [];
    }
  }
  if (instructions.length === 0 && problems.length === 0) problems.push(noInstructions(source));
  const tree = { source, directives, instructions, comments, warnings: directives.warnings };
  return problems.length > 0 ? { kind: "problems", problems, readable: tree } : { kind: "tree", tree };
}

/** Where an instruction starts on its line: at its beginning, or behind ONBUILD. */
interface Beginning {
  readonly written: LogicalLine;
  readonly start: number;
  readonly isTrigger: boolean;
  /** What stands above it. */
  readonly comments: readonly string[];
}

function parseInstruction(
  cursor: LineCursor,
  { written, start: indent, isTrigger, comments }: Beginning,
  escape: Escape,
): InstructionNode | Problem {
  const text = trimEnd(written.text);
  const start = skipSpaces(written.text, indent);
  const end = keywordEnd(text, start);
  // In small letters, as BuildKit compares; capitals may be longer than what they are the capitals of.
  const word = text.slice(start, end);
  const name = nameOf.get(word) ?? nameOf.get(word.toLowerCase());
  if (name === undefined) {
    skipHeredocs(cursor, text);
    return unknownInstruction(new Piece(written, start, end));
  }
  const { flags, rest } = splitFlags(text, end, escape);
  const from = skipSpaces(text, rest);
  const parts = {
    name,
    flags: flags.length === 0 ? none : flags.map((flag) => new FlagNode(written, flag)),
    arguments: new Piece(written, from, text.length),
    heredocs: none,
    comments,
    line: text.slice(start),
    written,
    start,
    trigger: undefined,
  };
  if (name === "ONBUILD" && !isTrigger && from < text.length) {
    const trigger = parseInstruction(cursor, { written, start: from, isTrigger: true, comments }, escape);
    if (!(trigger instanceof InstructionNode)) return trigger;
    return new InstructionNode({ ...parts, heredocs: trigger.heredocs, trigger });
  }
  if (!mayHoldHeredocs(name, parts.arguments.text)) return new InstructionNode(parts);
  const heredocs: Heredoc[] = [];
  for (const mark of heredocMarks(parts.arguments.text)) {
    const heredoc = readHeredoc(cursor, mark);
    if (heredoc === undefined)
      return unterminated(mark.name, rangeOfPiece(written, `<<${mark.name}`) ?? rangeIn(written, start, text.length));
    heredocs.push(heredoc);
  }
  return new InstructionNode({ ...parts, heredocs });
}

/** Where the first blank stands at or behind `start`; the end without one. */
function keywordEnd(text: string, start: number): number {
  let at = start;
  while (at < text.length && !blanks.includes(text.charAt(at))) at += 1;
  return at;
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
