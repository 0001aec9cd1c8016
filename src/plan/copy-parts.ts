import { posix } from "node:path";
import { OciBuildError } from "../errors.ts";
import type { AddInstruction, CopyInstruction } from "../instructions/instruction.ts";
import { type GitLocation, parseGitLocation } from "../location/git-location.ts";
import { type Digest, parseDigest } from "../oci/digest.ts";
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
 * @throws PlanFault `copy-source-invalid`, `checksum-invalid`, `url-invalid`, `git-location-invalid`, `git-protocol-refused`
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
    case "url": {
      if (!URL.canParse(source)) throw new PlanFault("url-invalid", `${source} is not a URL`, "check its spelling");
      return {
        kind,
        url: source,
        name: nameInUrl(source),
        checksum: checksum === undefined ? undefined : fileChecksum(checksum),
        unpack: instruction.unpack ?? false,
      };
    }
    case "git": {
      const location = gitLocation(source, checksum);
      return { kind, location, keepGitDirectory: location.keepGitDir ?? instruction.keepGitDirectory ?? false };
    }
  }
}

function gitLocation(source: string, checksum: string | undefined): GitLocation {
  const location = planned(() => parseGitLocation(source));
  if (location === undefined) throw new TypeError(`${source} is no git location`);
  if (checksum === undefined) return location;
  if (!/^[0-9a-f]{7,64}$/.test(checksum))
    throw new PlanFault(
      "checksum-invalid",
      `the checksum of a git repository is a commit id, not ${checksum}`,
      "write at least 7 hex digits in lower case",
    );
  if (location.commit !== undefined && location.commit !== checksum)
    throw new PlanFault(
      "checksum-invalid",
      `--checksum=${checksum} and the commit of ${source} differ`,
      "leave one out",
    );
  return { ...location, commit: checksum };
}

function fileChecksum(checksum: string): Digest {
  if (/^sha256:[0-9a-f]{64}$/.test(checksum)) return parseDigest(checksum);
  throw new PlanFault(
    "checksum-invalid",
    `${checksum} is not a checksum that is known`,
    "write sha256: and 64 hex digits in lower case",
  );
}

/** What a location says is wrong with itself, as a fault of the instruction. */
function planned<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof OciBuildError) throw new PlanFault(error.code, error.message, error.hint);
    throw error;
  }
}

/** The last part of the URL's path, without its query; `__unnamed__` where there is none, as in BuildKit. */
function nameInUrl(url: string): string {
  try {
    const name = posix.basename(decodeURIComponent(new URL(url).pathname));
    return name === "" || name === "." || name === ".." || name.includes("\0") ? "__unnamed__" : name;
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
