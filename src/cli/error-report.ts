import { inspect, styleText } from "node:util";
import { type Excerpt, messageOf, OciBuildError, type SourceRange } from "../errors.ts";
import { printable } from "../progress/terminal-text.ts";
import { textWidth } from "../progress/text-width.ts";

export interface ErrorReportOptions {
  readonly color: boolean;
  /** Show stack and causes in full. */
  readonly debug: boolean;
}

/** Lines of the Dockerfile that are shown around the range of an error. */
const surroundingLines = 2;

/** Everything a person gets to read about a failure; ends with a line break. */
export function renderError(error: unknown, options: ErrorReportOptions): string {
  const style = styles(options.color);
  const together = errorsWithin(error);
  if (together.length > 1) {
    const reports = together.map((one) => renderError(one, options));
    return `${reports.join("\n")}\n${style.red("error:")} ${together.length} errors\n`;
  }
  const [only = error] = together;
  return [
    `${style.red("error:")} ${printable(messageWithCauses(only))}\n`,
    ...(only instanceof OciBuildError ? details(only, style) : ["this is a fault in oci-build: --debug shows where\n"]),
    ...(options.debug ? [`\n${inspect(only, { depth: 8 })}\n`] : []),
  ].join("");
}

type Style = ReturnType<typeof styles>;

function styles(color: boolean) {
  const paint = (format: Parameters<typeof styleText>[0]) => (text: string) => (color ? styleText(format, text) : text);
  return { red: paint(["bold", "red"]), cyan: paint("cyan"), dim: paint("dim"), bold: paint("bold") };
}

function details({ excerpt, output, hint }: OciBuildError, style: Style): readonly string[] {
  const parts: string[] = [];
  if (excerpt !== undefined) parts.push(renderExcerpt(excerpt, style));
  if (output !== undefined && output.trim() !== "") parts.push(renderOutput(output, style));
  if (hint !== undefined) parts.push(`${style.cyan("hint:")} ${printable(hint)}\n`);
  return parts;
}

function renderExcerpt({ file, text, lines: marked, range }: Excerpt, style: Style): string {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  const first = Math.max(1, marked.start - surroundingLines);
  const last = Math.min(lines.length, marked.end + surroundingLines);
  const width = String(last).length;
  const shown = lines.slice(first - 1, last).flatMap((line, index) => {
    const number = first + index;
    const isMarked = number >= marked.start && number <= marked.end;
    const row = `${isMarked ? ">>>" : "   "} ${String(number).padStart(width)} | ${printable(line)}`.trimEnd();
    const carets = range === undefined ? "" : underline(line, number, range);
    if (carets === "") return [isMarked ? style.bold(row) : style.dim(row)];
    return [style.bold(row), `${" ".repeat(width + 4)} | ${style.red(carets)}`];
  });
  const place = marked.start === marked.end ? `${file}:${marked.start}` : `${file}:${marked.start}-${marked.end}`;
  return `\n${printable(place)}\n${shown.join("\n")}\n\n`;
}

/** Carets below what a range covers of a line, by the columns that a terminal shows it in; empty where it covers nothing. */
function underline(line: string, number: number, { start, end }: SourceRange): string {
  if (number < start.line || number > end.line) return "";
  const indent = line.length - line.trimStart().length;
  const from = number === start.line ? start.column - 1 : indent;
  const to = Math.min(number === end.line ? end.column - 1 : line.length, line.trimEnd().length);
  if (to <= from) return "";
  const columns = (offset: number): number => textWidth(printable(line.slice(0, offset)));
  return " ".repeat(columns(from)) + "^".repeat(Math.max(1, columns(to) - columns(from)));
}

function renderOutput(output: string, style: Style): string {
  const lines = output.replace(/\n$/, "").split("\n");
  return `last output:\n${lines.map((line) => `  ${style.dim(printable(line))}`.trimEnd()).join("\n")}\n\n`;
}

/** The message, and behind it those of the causes that say more than what is there already. */
function messageWithCauses(error: unknown): string {
  let text = messageOf(error);
  const seen = new Set<unknown>([error]);
  let cause = causeOf(error);
  while (cause !== undefined && !seen.has(cause)) {
    seen.add(cause);
    const message = messageOf(cause);
    if (message !== "" && !text.includes(message)) text += `: ${message}`;
    cause = causeOf(cause);
  }
  return text;
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}

/** The errors that one error brings together, as AggregateError does; nested ones flattened. */
function errorsWithin(error: unknown): readonly unknown[] {
  if (typeof error !== "object" || error === null || !("errors" in error) || !Array.isArray(error.errors)) return [];
  return error.errors.flatMap((one: unknown) => {
    const inner = errorsWithin(one);
    return inner.length === 0 ? [one] : inner;
  });
}
