import type { OciBuildError } from "../errors.ts";
import type { SourceRange } from "../syntax/source.ts";
import type { CheckReport } from "./report.ts";
import { rules } from "./rules.ts";

/** A range as BuildKit writes it: lines from 1, characters from 0. */
export interface JsonRange {
  readonly start: { readonly line: number; readonly character: number };
  readonly end: { readonly line: number; readonly character: number };
}

export interface JsonLocation {
  readonly sourceIndex: number;
  readonly ranges: readonly JsonRange[];
}

/**
 * `--call=check,format=json`, with the fields of BuildKit's frontend.lint.
 * @param problem what else stands in the way of the build
 */
export function checkJson({ dockerfile, findings }: CheckReport, problem: OciBuildError | undefined): object {
  const descriptions = new Map(rules.map(({ name, description }) => [name, description]));
  const { file, text } = dockerfile.source;
  return {
    warnings: findings.map(({ rule, message, range }) => ({
      ruleName: rule,
      description: descriptions.get(rule) ?? "",
      detail: message,
      location: jsonLocation(range),
    })),
    sources: [{ filename: file, language: "Dockerfile", data: Buffer.from(text).toString("base64") }],
    ...(problem !== undefined && { buildError: jsonError(problem) }),
  };
}

export function jsonLocation({ start, end }: SourceRange): JsonLocation {
  const position = (at: SourceRange["start"]) => ({ line: at.line, character: at.column - 1 });
  return { sourceIndex: 0, ranges: [{ start: position(start), end: position(end) }] };
}

function jsonError({ message, excerpt }: OciBuildError): object {
  if (excerpt === undefined) return { message };
  const { start, end } = excerpt.lines;
  return { message, location: jsonLocation({ start: { line: start, column: 1 }, end: { line: end, column: 1 } }) };
}
