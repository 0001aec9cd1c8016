import { posix } from "node:path";
import type { AddInstruction, CopyInstruction } from "../instructions/instruction.ts";
import { PlanFault } from "./fault.ts";
import type { CopyPart, FileSource, GitPart, InlineFile, UrlPart } from "./step.ts";

/** The words of a COPY or ADD, expanded. */
export interface PartWords {
  readonly sources: readonly string[];
  readonly files: readonly InlineFile[];
  readonly checksum: string | undefined;
  /** Where local sources are looked for. */
  readonly from: FileSource;
}

/**
 * What a COPY or ADD copies, in BuildKit's order: what has a path in the order of writing, then heredocs. Sources of one
 * tree that follow each other are one part.
 * @throws PlanFault `copy-source-invalid`, `checksum-invalid`, `url-unsupported`, `git-unsupported`
 */
export function copyParts(instruction: CopyInstruction | AddInstruction, words: PartWords): readonly CopyPart[] {
  const { sources, files, checksum } = words;
  if (checksum !== undefined) requireChecksummed(sources);
  const parts: CopyPart[] = [];
  for (const source of sources) {
    const kind = sourceKind(source);
    if (kind !== "path" && instruction.kind === "copy") throw unfetched(kind, source);
    const part = instruction.kind === "copy" ? undefined : remotePart(kind, source, { instruction, checksum });
    if (part !== undefined) parts.push(part);
    else addPath(parts, source, pathsOf(instruction, words.from));
  }
  parts.push(...files.map((file) => ({ kind: "inline", file }) as const));
  const remote = parts.find((part) => part.kind === "url" || part.kind === "git");
  if (remote !== undefined) throw remoteUnsupported(remote);
  return parts;
}

/** Adds a local source to the part before it where that is of the same tree. */
function addPath(parts: CopyPart[], source: string, empty: Extract<CopyPart, { kind: "paths" }>): void {
  const last = parts.at(-1);
  if (last?.kind !== "paths") parts.push({ ...empty, patterns: [source] });
  else parts[parts.length - 1] = { ...last, patterns: [...last.patterns, source] };
}

function pathsOf(
  instruction: CopyInstruction | AddInstruction,
  from: FileSource,
): Extract<CopyPart, { kind: "paths" }> {
  const parents = instruction.kind === "copy" && instruction.parents;
  const unpack = instruction.kind === "add" && (instruction.unpack ?? true);
  return { kind: "paths", from, patterns: [], parents, unpack };
}

type SourceKind = "path" | "url" | "git";

/**
 * What a source names, by its spelling alone: `git://`, `ssh://`, `user@host:path` and http(s) whose path ends in `.git` are
 * repositories, other http(s) is a URL (dfgitutil.ParseGitRef). `github.com/x/y` without a scheme is a path.
 */
export function sourceKind(source: string): SourceKind {
  if (/^(?:git|ssh):\/\//.test(source) || /^[\w-]+@[\w.-]+:/.test(source)) return "git";
  if (!/^https?:\/\//.test(source)) return "path";
  const [path = ""] = source.split(/[?#]/, 1);
  return path.endsWith(".git") ? "git" : "url";
}

interface Adding {
  readonly instruction: AddInstruction;
  readonly checksum: string | undefined;
}

function remotePart(
  kind: SourceKind,
  source: string,
  { instruction, checksum }: Adding,
): UrlPart | GitPart | undefined {
  switch (kind) {
    case "path":
      return undefined;
    case "url":
      return { kind, url: source, name: nameInUrl(source), checksum, unpack: instruction.unpack ?? false };
    case "git": {
      const [, repository = "", ref, subdirectory] = /^([^#]*)(?:#([^:]*)(?::(.*))?)?$/s.exec(source) ?? [];
      const keepGitDirectory = instruction.keepGitDirectory ?? false;
      return {
        kind,
        repository,
        ref: ref || undefined,
        subdirectory: subdirectory || undefined,
        checksum,
        keepGitDirectory,
      };
    }
  }
}

function nameInUrl(url: string): string {
  try {
    return posix.basename(decodeURIComponent(new URL(url).pathname)) || "__unnamed__";
  } catch {
    return "__unnamed__";
  }
}

function requireChecksummed(sources: readonly string[]): void {
  const [source, ...others] = sources;
  if (source === undefined || others.length > 0)
    throw new PlanFault("checksum-invalid", "--checksum takes exactly one source", "write an ADD for each source");
  if (sourceKind(source) === "path")
    throw new PlanFault(
      "checksum-invalid",
      `--checksum does not apply to ${source}: only URLs and git repositories have one`,
      "leave --checksum out: the content of local files is checked anyway",
    );
}

function unfetched(kind: "url" | "git", source: string): PlanFault {
  const what = kind === "url" ? "the URL" : "the git repository";
  return new PlanFault("copy-source-invalid", `COPY cannot fetch ${what} ${source}`, "write ADD instead of COPY");
}

function remoteUnsupported(part: UrlPart | GitPart): PlanFault {
  return part.kind === "url"
    ? new PlanFault(
        "url-unsupported",
        `ADD of the URL ${part.url} is not supported yet`,
        "fetch it by RUN curl, or put it into the build context",
      )
    : new PlanFault(
        "git-unsupported",
        `ADD of the git repository ${part.repository} is not supported yet`,
        "clone it by RUN git clone, or put it into the build context",
      );
}
