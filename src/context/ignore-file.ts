import { posix } from "node:path";
import { OciBuildError } from "../errors.ts";

/**
 * Reads the patterns of a `.dockerignore`, cleaned, in order, `!` kept in front of negations; matching is not done here.
 * A comment's `#` must be in the first column; a leading slash means nothing
 * (https://docs.docker.com/build/concepts/context/#dockerignore-files). `file` names it in errors.
 * @throws OciBuildError `ignore-pattern-invalid` for a lone `!`
 */
export function parseIgnoreFile(text: string, file = ".dockerignore"): readonly string[] {
  const patterns: string[] = [];
  const lines = text.replace(/^\ufeff/, "").split("\n");
  for (const [index, line] of lines.entries()) {
    const written = line.startsWith("#") ? "" : line.trim();
    if (written === "") continue;
    const negated = written.startsWith("!");
    const pattern = negated ? written.slice(1).trim() : written;
    if (pattern === "") throw loneNegation(file, text, index + 1);
    patterns.push((negated ? "!" : "") + cleaned(pattern));
  }
  return patterns;
}

/**
 * Where a build looks for its ignore file, the first that exists counts: beside the Dockerfile under its name, then in the
 * context. Paths as given; without `contextDir` (no directory as context) only the first.
 */
export function ignoreFileCandidates(dockerfilePath: string | undefined, contextDir: string | undefined): readonly string[] {
  const own = dockerfilePath === undefined ? [] : [`${dockerfilePath}.dockerignore`];
  return contextDir === undefined ? own : [...own, posix.join(contextDir, ".dockerignore")];
}

/** Slashes single, `.` and `..` resolved, none at either end, as Go's filepath.Clean leaves it. */
function cleaned(pattern: string): string {
  const path = posix.normalize(pattern);
  const open = path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
  return open.length > 1 && open.startsWith("/") ? open.slice(1) : open;
}

function loneNegation(file: string, text: string, line: number): OciBuildError {
  return new OciBuildError("ignore-pattern-invalid", `${file}:${line}: a ! without a pattern`, {
    hint: "write the pattern that is to be kept behind the !",
    excerpt: { file, text, lines: { start: line, end: line } },
  });
}
