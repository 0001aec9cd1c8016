import { OciBuildError } from "../errors.ts";
import type { Source, SourceRange } from "./source.ts";
import { comparePositions, linesOf } from "./source.ts";

/** Something wrong at a place of a Dockerfile. */
export interface Problem {
  /** Stable, kebab-case. */
  readonly code: string;
  /** A lowercase sentence without a full stop; the place is added when it becomes an error. */
  readonly message: string;
  readonly hint?: string | undefined;
  readonly range: SourceRange;
}

/** Several independent errors of one Dockerfile. The excerpt is that of the first. */
export class DockerfileErrors extends OciBuildError {
  readonly errors: readonly OciBuildError[];

  constructor(file: string, errors: readonly OciBuildError[]) {
    const listed = errors.map((error) => `\n  ${error.message}${error.hint === undefined ? "" : ` (${error.hint})`}`);
    super("dockerfile-invalid", `${file} has ${errors.length} errors:${listed.join("")}`, {
      excerpt: errors[0]?.excerpt,
    });
    this.name = "DockerfileErrors";
    this.errors = errors;
  }
}

/** The problem as an error that names file and line and carries the excerpt. */
export function errorOf(source: Source, problem: Problem, cause?: unknown): OciBuildError {
  const { range } = problem;
  const lines = linesOf(range);
  const marked = comparePositions(range.start, range.end) < 0;
  return new OciBuildError(problem.code, `${source.file}:${lines.start}: ${problem.message}`, {
    hint: problem.hint,
    cause,
    excerpt: { file: source.file, text: source.text, lines, ...(marked ? { range } : {}) },
  });
}

/** Throws nothing for none, the error itself for one, and DockerfileErrors for more, in the order of the file. */
export function throwAll(source: Source, errors: readonly OciBuildError[]): void {
  if (errors.length > 0) throw together(source, errors);
}

/** Errors, at least one, as one: itself, or DockerfileErrors in the order of the file. */
export function together(source: Source, errors: readonly OciBuildError[]): OciBuildError {
  const lineOf = ({ excerpt }: OciBuildError): number => excerpt?.lines.start ?? 0;
  const inOrder = [...errors].sort((one, other) => lineOf(one) - lineOf(other));
  const [first, second] = inOrder;
  return first !== undefined && second === undefined ? first : new DockerfileErrors(source.file, inOrder);
}
