import { OciBuildError, redactUrl } from "../errors.ts";
import { isLoopback } from "./loopback.ts";

/** Which tree of which git repository is meant. */
export interface GitLocation {
  /** What git fetches from: neither fragment nor query, but perhaps a user and a password. */
  readonly remote: string;
  readonly protocol: GitProtocol;
  /** Branch, tag, full reference or whole commit id; without it what the repository's HEAD names. */
  readonly ref?: string | undefined;
  /** Beginning of the id that the commit must have. */
  readonly commit?: string | undefined;
  /** Directory of the repository that is meant, relative; the whole tree without it. */
  readonly subdirectory?: string | undefined;
  /** Whether `.git` stays; undefined where the location does not say. */
  readonly keepGitDir?: boolean | undefined;
  readonly submodules: boolean;
  /** The time that files get: the commit's, or that of the checkout, which the epoch of the build then replaces. */
  readonly mtime: "commit" | "checkout";
}

export type GitProtocol = "https" | "http" | "ssh" | "file";

/** `user@host:path`, as scp writes it. */
const scpForm = /^[\w-]+@[\w.-]+:/;

/**
 * Reads a location as BuildKit does (frontend/dockerfile/dfgitutil, util/gitutil): `https://….git`, `ssh://…`,
 * `git@host:path`, each with `#ref:subdirectory`, or with a query of `ref`, `tag`, `branch`, `subdir`, `commit` (or `checksum`),
 * `keep-git-dir`, `submodules` and `mtime`. Beyond BuildKit, `file://…` is a repository of this machine. Answers undefined
 * for a text that means no git repository, such as an http URL that does not end in `.git`.
 * @throws OciBuildError `git-location-invalid`, `git-protocol-refused`
 */
export function parseGitLocation(text: string): GitLocation | undefined {
  const { address, query, fragment } = split(text);
  const scheme = /^([a-z0-9]+):\/\//i.exec(address)?.[1]?.toLowerCase();
  if (scheme === undefined) {
    if (!scpForm.test(address)) return undefined;
    if (address.startsWith("-")) throw invalid(text, "its user begins with a dash");
    return { ...readOptions(text, query, fragment), remote: address, protocol: "ssh" };
  }
  const isGit =
    scheme === "http" || scheme === "https" ? address.endsWith(".git") : ["ssh", "git", "file"].includes(scheme);
  if (!isGit) return undefined;
  if (!URL.canParse(address)) throw invalid(text, "its address is not a URL");
  return { ...readOptions(text, query, fragment), remote: address, protocol: protocolOf(scheme, new URL(address)) };
}

/** The repository as it may be shown: without user, password, fragment and query. */
export function showGitRemote({ remote }: Pick<GitLocation, "remote">): string {
  return URL.canParse(remote) && remote.includes("://") ? redactUrl(remote) : remote;
}

function split(text: string): { address: string; query: string; fragment: string | undefined } {
  const hash = text.indexOf("#");
  const beforeHash = hash === -1 ? text : text.slice(0, hash);
  const mark = beforeHash.indexOf("?");
  return {
    address: mark === -1 ? beforeHash : beforeHash.slice(0, mark),
    query: mark === -1 ? "" : beforeHash.slice(mark + 1),
    fragment: hash === -1 ? undefined : text.slice(hash + 1),
  };
}

/** What neither encrypts nor proves who answers is spoken with this machine only. */
function protocolOf(scheme: string, { hostname }: URL): GitProtocol {
  switch (scheme) {
    case "https":
    case "ssh":
    case "file":
      return scheme;
    case "http":
      if (isLoopback(hostname)) return scheme;
      break;
  }
  throw new OciBuildError("git-protocol-refused", `git is not asked over ${scheme}://, as with ${hostname}`, {
    hint: "use https:// or ssh://: anyone on the way could change what plain http:// and git:// bring",
  });
}

type GitOptions = Omit<GitLocation, "remote" | "protocol">;

function readOptions(text: string, query: string, fragment: string | undefined): GitOptions {
  const values = readQuery(text, query);
  const [fragmentRef = "", fragmentDirectory = ""] = cut(decoded(text, fragment ?? ""));
  const refs = [
    fragmentRef,
    values.get("ref") ?? "",
    prefixed("refs/tags/", values.get("tag")),
    prefixed("refs/heads/", values.get("branch")),
  ];
  const ref = onlyOne(text, "refs", refs);
  const commit = onlyOne(text, "commits", [values.get("commit") ?? "", values.get("checksum") ?? ""]);
  const subdirectory = onlyOne(text, "subdirectories", [fragmentDirectory, values.get("subdir") ?? ""]);
  if (ref !== undefined) checkRef(text, ref);
  if (commit !== undefined && !/^[0-9a-f]{7,64}$/.test(commit))
    throw invalid(text, `${JSON.stringify(commit)} is no commit id`, "write at least 7 hex digits in lower case");
  const mtime = values.get("mtime") ?? "checkout";
  if (mtime !== "commit" && mtime !== "checkout") throw invalid(text, `its mtime is neither commit nor checkout`);
  return {
    ref: ref ?? commit,
    commit,
    subdirectory: subdirectory === undefined ? undefined : cleanDirectory(subdirectory),
    keepGitDir: readSwitch(text, values, "keep-git-dir"),
    submodules: readSwitch(text, values, "submodules") ?? true,
    mtime,
  };
}

const switches = ["keep-git-dir", "submodules"];
const knownKeys = ["ref", "tag", "branch", "subdir", "commit", "checksum", "mtime", ...switches];

function readQuery(text: string, query: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const [key, value] of new URLSearchParams(query)) {
    if (!knownKeys.includes(key))
      throw invalid(text, `its query has the unknown key ${JSON.stringify(key)}`, `known are ${knownKeys.join(", ")}`);
    if (values.has(key)) throw invalid(text, `its query has ${key} twice`);
    if (value === "" && !switches.includes(key)) throw invalid(text, `its query has ${key} without a value`);
    values.set(key, value);
  }
  return values;
}

function readSwitch(text: string, values: ReadonlyMap<string, string>, key: string): boolean | undefined {
  const value = values.get(key);
  if (value === undefined) return undefined;
  // The words of Go's strconv.ParseBool.
  if (["", "1", "t", "T", "true", "TRUE", "True"].includes(value)) return true;
  if (["0", "f", "F", "false", "FALSE", "False"].includes(value)) return false;
  throw invalid(text, `its ${key} is neither true nor false`);
}

function onlyOne(text: string, what: string, candidates: readonly string[]): string | undefined {
  const [first, ...others] = new Set(candidates.filter((candidate) => candidate !== ""));
  if (others.length > 0) throw invalid(text, `it names several ${what}: ${[first, ...others].join(", ")}`);
  return first;
}

/**
 * A reference that means itself and nothing else to git: no option, no refspec, no revision syntax
 * (https://git-scm.com/docs/git-check-ref-format).
 */
function checkRef(text: string, ref: string): void {
  const isPlain = /^[^\0-\x20\x7f~^:?*[\\]+$/.test(ref) && !/^[-+]|\.\.|@\{|\/\/|\/$|\.$/.test(ref);
  if (!isPlain) throw invalid(text, `${JSON.stringify(ref)} cannot be the name of a branch, tag or commit`);
}

/** Relative, without `.` and `..`, which never lead above the repository. */
function cleanDirectory(path: string): string | undefined {
  const kept: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") kept.pop();
    else if (part !== "" && part !== ".") kept.push(part);
  }
  return kept.length === 0 ? undefined : kept.join("/");
}

function cut(fragment: string): readonly string[] {
  const colon = fragment.indexOf(":");
  return colon === -1 ? [fragment] : [fragment.slice(0, colon), fragment.slice(colon + 1)];
}

function decoded(text: string, fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    throw invalid(text, "its fragment has a broken percent sign");
  }
}

function prefixed(prefix: string, name: string | undefined): string {
  return name === undefined || name.startsWith(prefix) ? (name ?? "") : prefix + name;
}

function invalid(text: string, problem: string, hint?: string): OciBuildError {
  const shown = showGitRemote({ remote: split(text).address });
  return new OciBuildError("git-location-invalid", `cannot read the git location ${shown}: ${problem}`, { hint });
}
