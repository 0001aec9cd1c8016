import type { Excerpt } from "../errors.ts";
import type { BuildEvent } from "../progress/event.ts";
import { printable } from "../progress/terminal-text.ts";

export type FindingEvent = Extract<BuildEvent, { kind: "finding" }>;

/** What the build checks found, as it stands at the end of a build; nothing for none. */
export function findingsText(findings: readonly FindingEvent[]): string {
  if (findings.length === 0) return "";
  const heading = `${findings.length} ${findings.length === 1 ? "warning" : "warnings"} found:`;
  return `${heading}\n${findings.map(findingText).join("")}\n`;
}

/** One finding in BuildKit's form: rule, message, place, and the lines with one more on either side. */
export function findingText({ rule, message, excerpt }: Omit<FindingEvent, "kind">): string {
  return `\nWARNING: ${rule}\n${printable(message)}\n${excerptText(excerpt)}`;
}

const separator = "-".repeat(20);

function excerptText({ file, text, lines }: Excerpt): string {
  const all = text.replace(/\r?\n$/, "").split(/\r?\n/);
  const first = Math.max(1, lines.start - 1);
  const last = Math.min(all.length, lines.end + 1);
  const shown = all.slice(first - 1, last).map((line, index) => {
    const number = first + index;
    const mark = number >= lines.start && number <= lines.end ? ">>>" : "   ";
    return ` ${String(number).padStart(3)} | ${mark} ${printable(line)}`.trimEnd();
  });
  return `${[`${printable(file)}:${lines.start}`, separator, ...shown, separator].join("\n")}\n`;
}
