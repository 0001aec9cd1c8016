import type { LineCursor } from "./lines.ts";
import { takeLine } from "./lines.ts";
import type { SourceRange } from "./source.ts";
import { rangeOfLine } from "./source.ts";
import { splitShell } from "./words.ts";

/** `<<NAME` on an instruction's line. */
export interface HeredocMark {
  readonly name: string;
  /** File descriptor in front of `<<`; 0 when there is none. */
  readonly descriptor: number;
  /** `<<-`: tabs at the start of each line do not count. */
  readonly stripTabs: boolean;
  /** False when the name was quoted: variables in the body are then left alone. */
  readonly expand: boolean;
}

export interface Heredoc extends HeredocMark {
  /** The lines between, with their line endings and their tabs. */
  readonly body: string;
  /** Body and closing line. */
  readonly range: SourceRange;
}

const form = /^(\d*)<<(-?)\s*([^<]*)$/;

/** The heredocs that a line opens, in the order of their bodies. */
export function heredocMarks(text: string): HeredocMark[] {
  if (!text.includes("<<")) return [];
  return (splitShell(text) ?? []).map(parseHeredocMark).filter((mark) => mark !== undefined);
}

/** Reads one word as a heredoc; undefined when it is something else, such as `<<<word`. */
export function parseHeredocMark(word: string): HeredocMark | undefined {
  const found = word.includes("<<") ? form.exec(word) : null;
  const names = found === null ? undefined : splitShell(found[3] ?? "");
  const raw = names?.[0];
  if (raw === undefined || names?.length !== 1) return undefined;
  const descriptor = Number(found?.[1]);
  return { name: unquote(raw), descriptor, stripTabs: found?.[2] === "-", expand: !/['"]/.test(raw) };
}

/** Reads the body behind the instruction's last line. Undefined when the file ends before the closing line. */
export function readHeredoc(cursor: LineCursor, mark: HeredocMark): Heredoc | undefined {
  let body = "";
  const first = cursor.source.lines[cursor.next];
  for (;;) {
    const line = takeLine(cursor);
    if (first === undefined || line === undefined) return undefined;
    const candidate = mark.stripTabs ? line.text.replace(/^\t+/, "") : line.text;
    if (candidate.replace(/\r+$/, "") === mark.name) {
      const { name, descriptor, stripTabs, expand } = mark;
      const range = { start: rangeOfLine(first).start, end: rangeOfLine(line).end };
      return { name, descriptor, stripTabs, expand, body, range };
    }
    body += line.text + line.ending;
  }
}

/** The body as it is meant: without leading tabs for `<<-`. */
export function contentOf(heredoc: Heredoc): string {
  return heredoc.stripTabs ? heredoc.body.replace(/^\t+/gm, "") : heredoc.body;
}

function unquote(word: string): string {
  if (!/['"\\]/.test(word)) return word;
  return word.replace(
    /'([^']*)'|"((?:[^"\\]|\\[^])*)"|\\([^]?)/g,
    (_match, single?: string, double?: string, escaped?: string) => {
      if (double !== undefined) return double.replace(/\\(["\\$])/g, "$1");
      return single ?? escaped ?? "";
    },
  );
}
