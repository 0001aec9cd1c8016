import { lutimes, readFile, readdir, realpath, rm, stat, writeFile } from "node:fs/promises";
import { join, sep } from "node:path";
import { OciBuildError } from "../errors.ts";
import { type GitLocation, showGitRemote } from "../location/git-location.ts";
import { canonicalJson } from "../oci/canonical-json.ts";
import { cacheKeyOf } from "../oci/hash.ts";
import { isMissing } from "../store/durable.ts";
import { keptTree } from "../store/trees.ts";
import type { Fetching } from "./fetching.ts";
import { bareRemote, type Git, gitFor } from "./git-command.ts";

/** A commit, before any of its files are here. */
export interface FoundCommit {
  readonly location: GitLocation;
  /** The whole id. */
  readonly commit: string;
  /** The reference that leads to it, in full; undefined when the location gives the id. */
  readonly ref: string | undefined;
}

/** The files of a commit, in a directory of the store that must not be changed. */
export interface GitTree {
  readonly directory: string;
  readonly commit: string;
  /** Seconds since 1970 when the commit was made. */
  readonly time: number;
}

/** Change it when the same commit comes to give another tree. */
const GENERATION = 1;
const wholeId = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/**
 * Asks the remote which commit a location means, as BuildKit decides it: a branch goes before a tag of the same name.
 * @throws OciBuildError `git-ref-missing`, `checksum-mismatch`, `git-missing`, `git-failed`
 */
export async function findCommit(location: GitLocation, fetching: Fetching): Promise<FoundCommit> {
  const { ref = "HEAD" } = location;
  const id = wholeId.test(ref) ? ref : fetching.pins?.commit(location);
  const found =
    id === undefined
      ? await askRemote(location, ref, gitFor(location, fetching))
      : { location, commit: id, ref: undefined };
  if (!wholeId.test(ref)) fetching.pins?.noteCommit(location, found.commit);
  if (location.commit !== undefined && !found.commit.startsWith(location.commit))
    throw new OciBuildError(
      "checksum-mismatch",
      `${ref} of ${showGitRemote(location)} is the commit ${found.commit}, not ${location.commit}`,
      { hint: "if the new commit can be trusted, write its id instead" },
    );
  return found;
}

/** What a commit's tree depends on: the inputs of a cache key. */
export function commitInputs({ location, commit }: FoundCommit, keepGitDir: boolean): string {
  const { subdirectory, submodules, mtime } = location;
  const remote = showGitRemote(location);
  return canonicalJson({ generation: GENERATION, remote, commit, subdirectory, submodules, mtime, keepGitDir });
}

/**
 * Checks a commit out, with its submodules, or finds the tree that was checked out before.
 * @throws OciBuildError `git-subdirectory-missing`, `git-failed`, …
 */
export async function checkOut(found: FoundCommit, keepGitDir: boolean, fetching: Fetching): Promise<GitTree> {
  const { location, commit } = found;
  const { subdirectory, ...whole } = location;
  const key = cacheKeyOf(commitInputs({ ...found, location: whole }, keepGitDir));
  const title = `[internal] load git source ${showGitRemote(location)}#${commit.slice(0, 12)}`;
  const tree = await fetching.steps.run(title, async () => {
    let cached = true;
    const value = await keptTree(fetching.store, key, async (directory) => {
      cached = false;
      await makeTree(found, { directory, keepGitDir, git: gitFor(location, fetching) });
    });
    return { value, cached };
  });
  const time = await timeOf(tree);
  return { directory: await inside(join(tree, FILES), subdirectory, location), commit, time };
}

/** Below a kept tree: the files, and a file that tells the commit's time. */
const FILES = "files";
const TIME = "commit-time";

async function askRemote(location: GitLocation, ref: string, git: Git): Promise<FoundCommit> {
  const listing = await git(["ls-remote", "--quiet", "--", bareRemote(location), ref, `${ref}^{}`]);
  const commits = new Map(listing.split("\n").map((line) => [line.slice(line.indexOf("\t") + 1), line.split("\t")[0]]));
  const [partial, branch, tag] = ["refs/", "refs/heads/", "refs/tags/"].map((prefix) =>
    ref.startsWith(prefix) ? ref : prefix + ref,
  );
  for (const name of [ref === "HEAD" ? "HEAD" : partial, branch, tag]) {
    const commit = commits.get(`${name}^{}`) ?? commits.get(name ?? "");
    if (commit !== undefined && wholeId.test(commit)) return { location, commit, ref: name };
  }
  throw new OciBuildError("git-ref-missing", `${showGitRemote(location)} has no branch or tag ${ref}`, {
    hint: "check its spelling; a commit must be given by its whole id",
  });
}

interface Making {
  readonly directory: string;
  readonly keepGitDir: boolean;
  readonly git: Git;
}

async function makeTree(found: FoundCommit, { directory, keepGitDir, git }: Making): Promise<void> {
  const { location, commit } = found;
  const files = join(directory, FILES);
  const at: Git = (args) => git(args, files);
  await git(["init", "--quiet", "--template=", "--", files]);
  await at(["remote", "add", "--", "origin", bareRemote(location)]);
  await fetchCommit(found, at);
  await at(["checkout", "--quiet", "--detach", commit, "--"]);
  const hasSubmodules = location.submodules && (await exists(join(files, ".gitmodules")));
  if (hasSubmodules) await updateSubmodules(at);
  const time = Number(await at(["show", "--no-patch", "--format=%ct", commit, "--"]));
  if (keepGitDir) await settleGitDirectory(files, at);
  else await removeGitDirectories(files, hasSubmodules);
  if (location.mtime === "commit") await setTimes(files, time);
  await writeFile(join(directory, TIME), String(time));
}

/** Shallow; by the reference, which every server gives, and by the id where that led elsewhere meanwhile. */
async function fetchCommit({ commit, ref }: FoundCommit, at: Git): Promise<void> {
  const fetch = (...what: readonly string[]): Promise<string> =>
    at(["fetch", "--quiet", "--no-tags", "--no-recurse-submodules", ...what]);
  try {
    if (ref !== undefined) {
      await fetch("--depth=1", "origin", ref);
      if ((await at(["rev-parse", "--verify", "FETCH_HEAD^{commit}"])).trim() === commit) return;
    }
    await fetch("--depth=1", "origin", commit);
  } catch (error) {
    if (!(error instanceof OciBuildError) || error.code !== "git-failed") throw error;
    // Some servers give no commit by its id alone, and servers of plain files nothing shallow.
    await fetch("origin", "+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*");
    await at(["rev-parse", "--quiet", "--verify", `${commit}^{commit}`]).catch(() => {
      throw error;
    });
  }
}

async function updateSubmodules(at: Git): Promise<void> {
  const update = (...depth: readonly string[]): Promise<string> =>
    at(["submodule", "--quiet", "update", "--init", "--recursive", ...depth]);
  try {
    await update("--depth=1");
  } catch (error) {
    if (!(error instanceof OciBuildError) || error.code !== "git-failed") throw error;
    await update();
  }
}

/** A `.git` that stays tells nothing of this machine and its clock. */
async function settleGitDirectory(files: string, at: Git): Promise<void> {
  for (const name of ["index", "logs", "FETCH_HEAD", "ORIG_HEAD"])
    await rm(join(files, ".git", name), { recursive: true, force: true });
  // An index without what the file system said of each file; git asks again where it needs to know.
  await at(["read-tree", "HEAD"]);
}

/** No commit can hold an entry called .git, so each one was made by git. */
async function removeGitDirectories(files: string, everywhere: boolean): Promise<void> {
  await rm(join(files, ".git"), { recursive: true, force: true });
  if (!everywhere) return;
  for (const entry of await readdir(files, { recursive: true, withFileTypes: true }))
    if (entry.name === ".git") await rm(join(entry.parentPath, entry.name), { recursive: true, force: true });
}

async function setTimes(files: string, time: number): Promise<void> {
  for (const entry of await readdir(files, { recursive: true, withFileTypes: true }))
    await lutimes(join(entry.parentPath, entry.name), time, time);
  await lutimes(files, time, time);
}

async function timeOf(tree: string): Promise<number> {
  return Number(await readFile(join(tree, TIME), "utf8"));
}

/** A directory of a checked-out tree; no link of the repository leads out of it. */
async function inside(files: string, subdirectory: string | undefined, location: GitLocation): Promise<string> {
  const root = await realpath(files);
  if (subdirectory === undefined) return root;
  const path = await realpath(join(root, subdirectory)).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  if (path !== undefined && (path === root || path.startsWith(root + sep)) && (await stat(path)).isDirectory())
    return path;
  throw new OciBuildError(
    "git-subdirectory-missing",
    `${showGitRemote(location)} has no directory ${subdirectory} in the commit that is meant`,
  );
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
