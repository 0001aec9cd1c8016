import { OciBuildError } from "../errors.ts";
import type { Source, SourceRange } from "./source.ts";
import { linesOf } from "./source.ts";

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
    super("dockerfile-invalid", `${file} has ${errors.length} errors:${listed.join("")}`, { excerpt: errors[0]?.excerpt });
    this.name = "DockerfileErrors";
    this.errors = errors;
  }
}

/** The problem as an error that names file and line and carries the excerpt. */
export function errorOf(source: Source, problem: Problem, cause?: unknown): OciBuildError {
  const lines = linesOf(problem.range);
  return new OciBuildError(problem.code, `${source.file}:${lines.start}: ${problem.message}`, {
    hint: problem.hint,
    cause,
    excerpt: { file: source.file, text: source.text, lines },
  });
}

/** Throws nothing for none, the error itself for one, and DockerfileErrors for more. */
export function throwAll(source: Source, errors: readonly OciBuildError[]): void {
  const [first, second] = errors;
  if (first === undefined) return;
  throw second === undefined ? first : new DockerfileErrors(source.file, errors);
}
