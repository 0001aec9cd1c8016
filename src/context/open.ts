import { copyFile, mkdir, open, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { OciBuildError, messageOf, redactUrl } from "../errors.ts";
import type { Fetching } from "../fetch/fetching.ts";
import { checkOut, findCommit } from "../fetch/git.ts";
import { type FetchedFile, fetchFile } from "../fetch/http.ts";
import { layerLimits } from "../helper/layer-limits.ts";
import type { TreeLocation } from "../location/location.ts";
import { canonicalJson } from "../oci/canonical-json.ts";
import { cacheKeyOf } from "../oci/hash.ts";
import { isMissing } from "../store/durable.ts";
import { keptTree } from "../store/trees.ts";
import type { Opened } from "./origin.ts";
import { isArchive, sniffLength } from "./sniff.ts";

/** The name of a context that is a single file, as in BuildKit. */
export const SINGLE_FILE = "context";

/** Gives what fetching works with; the first call opens the store. */
export type OpenFetching = () => Promise<Fetching>;

interface OpenOptions {
  /** How errors call it, e.g. `the build context`. */
  readonly what: string;
  readonly keepGitDir: boolean;
  readonly fetching: OpenFetching;
}

/**
 * Makes a directory of what a location means.
 * @throws OciBuildError `context-missing`, `context-not-a-directory`, `context-unreadable`, and those of fetching
 */
export async function openTree(location: TreeLocation, options: OpenOptions): Promise<Opened> {
  switch (location.kind) {
    case "directory":
      return { directory: await localDirectory(location.path, options.what), origin: { kind: "local" } };
    case "git": {
      const { git } = location;
      const fetching = await options.fetching();
      const keepGitDir = git.keepGitDir ?? options.keepGitDir;
      const { directory, time } = await checkOut(await findCommit(git, fetching), keepGitDir, fetching);
      return { directory, origin: { kind: "git", commitTime: time } };
    }
    case "http":
      return openUrl(location.url, await options.fetching());
  }
}

interface Unpacking {
  readonly archive: string;
  /** How errors call it. */
  readonly what: string;
  /** Does not exist yet. */
  readonly directory: string;
}

/**
 * Unpacks an archive of files.
 * @throws OciBuildError `archive-malformed`, `archive-truncated`, `archive-unsupported`, `archive-too-large`, `archive-too-dense`
 */
export async function unpackArchive(unpacking: Unpacking, { store, environment }: Fetching): Promise<void> {
  const { archive, what, directory } = unpacking;
  try {
    const limits = layerLimits(environment);
    await store.session.call("unpack", { archive, target: directory, name: what, limits });
  } catch (error) {
    if (!(error instanceof OciBuildError) || !error.code.startsWith("archive-") || error.hint !== undefined)
      throw error;
    throw new OciBuildError(error.code, error.message, {
      hint: "a build context is a tar archive, compressed by gzip, bzip2, xz, zstd or not at all",
      cause: error,
    });
  }
}

async function localDirectory(path: string, what: string): Promise<string> {
  try {
    if ((await stat(path)).isDirectory()) return await realpath(path);
  } catch (error) {
    if (isMissing(error)) throw new OciBuildError("context-missing", `${what} ${path} does not exist`);
    throw new OciBuildError("context-unreadable", `cannot read ${what} ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  throw new OciBuildError("context-not-a-directory", `${what} ${path} is not a directory`, {
    hint: "give the directory that COPY should read, and the Dockerfile with -f; an archive goes to standard input: - < FILE",
  });
}

async function openUrl(url: string, fetching: Fetching): Promise<Opened> {
  return openFile(await fetchFile({ url }, fetching), redactUrl(url), fetching);
}

/**
 * What a fetched file holds when it is an archive; else the file alone, as `SINGLE_FILE`.
 * @param what how errors call it
 * @throws as `unpackArchive`
 */
export async function openFile(file: FetchedFile, what: string, fetching: Fetching): Promise<Opened> {
  const { path: archive, digest, lastModified } = file;
  const unpacks = isArchive(await startOf(archive));
  const key = cacheKeyOf(canonicalJson({ generation: GENERATION, digest, unpacks }));
  const directory = await keptTree(fetching.store, key, async (target) => {
    if (unpacks) return unpackArchive({ archive, what, directory: target }, fetching);
    await mkdir(target);
    await copyFile(archive, join(target, SINGLE_FILE));
  });
  return { directory, origin: { kind: unpacks ? "archive" : "file", lastModified } };
}

/** Change it when the same archive comes to give another tree. */
const GENERATION = 2;

async function startOf(path: string): Promise<Uint8Array> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(sniffLength), 0, sniffLength, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
