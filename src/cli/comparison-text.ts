import type { Comparison } from "../compare/compare.ts";
import type { Difference } from "../compare/difference.ts";
import type { AttributeChange } from "../helper/messages.ts";
import { printable } from "../progress/terminal-text.ts";

/** What two images have not alike, for a person: the first difference is the first line behind the verdict. */
export function comparisonText(comparison: Comparison): string {
  const { before, after, equal, differences, more, unread } = comparison;
  if (equal) return `${before.name} and ${after.name} are the same image, ${before.digest}\n`;
  const lines = [
    `- ${before.name} ${before.digest}`,
    `+ ${after.name} ${after.digest}`,
    ...differences.flatMap((difference, index) => [
      ...headline(comparison, difference, differences[index - 1]),
      ...linesOf(difference),
    ]),
  ];
  if (more > 0) lines.push(`and ${more} more ${more === 1 ? "difference" : "differences"}: --limit shows more`);
  if (unread.length > 0)
    lines.push(`${unread.length === 1 ? "layer" : "layers"} ${unread.join(", ")} not read, but not the same either`);
  return lines.map((line) => `${printable(line)}\n`).join("");
}

/** Says of which part of the image the following lines speak, once for each part. */
function headline(
  { before, after }: Comparison,
  difference: Difference,
  previous: Difference | undefined,
): readonly string[] {
  const part = partOf(difference);
  if (previous !== undefined && partOf(previous) === part) return [];
  const step = "layer" in difference ? after.steps[difference.layer - 1] || before.steps[difference.layer - 1] : "";
  return [step === "" || step === undefined ? `${part}:` : `${part}, of ${shortened(step)}:`];
}

function partOf(difference: Difference): string {
  return "layer" in difference ? `layer ${difference.layer}` : difference.kind;
}

function linesOf(difference: Difference): readonly string[] {
  switch (difference.kind) {
    case "entry": {
      const { path, change, type, attributes, content } = difference;
      const name = path === "" ? "/" : path;
      if (change !== "changed") return [`  ${change === "added" ? "+" : "-"} ${name} (${described(type, attributes)})`];
      const bytes =
        content === undefined
          ? []
          : [
              `    content from byte ${content.offset} on`,
              `      - ${bytesText(content.before)}`,
              `      + ${bytesText(content.after)}`,
            ];
      return [`  ~ ${name} (${type})`, ...attributes.map((one) => `    ${attributeText(one)}`), ...bytes];
    }
    case "layer":
      return [difference.before === undefined ? `  + ${difference.after}` : `  - ${difference.before}`];
    case "archive":
      return [
        difference.moved === undefined
          ? "  the same entries in the same order, but the tar says them in another form"
          : `  the same entries, but in another order from ${difference.moved} on`,
      ];
    case "blob":
      return ["  the same content, compressed differently", `    - ${difference.before}`, `    + ${difference.after}`];
    case "config":
    case "manifest": {
      const { path, before, after } = difference;
      if (path === "") return ["  the same members, written in another form"];
      return [
        `  ${path}`,
        ...(before === undefined ? [] : [`    - ${valueText(before)}`]),
        ...(after === undefined ? [] : [`    + ${valueText(after)}`]),
      ];
    }
  }
}

function attributeText({ name, before, after }: AttributeChange): string {
  return `${name} ${timeText(name, before)} -> ${timeText(name, after)}`;
}

/** What an entry that only one layer has is like. */
function described(type: string, attributes: readonly AttributeChange[]): string {
  const rest = attributes.filter(({ name }) => name !== "type");
  return [type, ...rest.map(({ name, before, after }) => `${name} ${timeText(name, before ?? after)}`)].join(", ");
}

function timeText(name: string, value: string | undefined): string {
  if (value === undefined) return "none";
  const time = new Date(Number(value) * 1000);
  return name === "mtime" && !Number.isNaN(time.getTime()) ? `${value} (${time.toISOString()})` : shortened(value);
}

/** Bytes as hex digits, and as text with a dot for what is not printable ASCII; `hex` has two digits a byte. */
function bytesText(hex: string): string {
  if (hex === "") return "the end";
  const bytes = Buffer.from(hex, "hex");
  const text = Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "."));
  return `${(hex.match(/../g) ?? []).join(" ")}  ${text.join("")}`;
}

function valueText(value: unknown): string {
  return shortened(JSON.stringify(value));
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}
