import { copyFile, mkdir, open, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { OciBuildError, messageOf, redactUrl } from "../errors.ts";
import type { Fetching } from "../fetch/fetching.ts";
import { checkOut, findCommit } from "../fetch/git.ts";
import { fetchFile } from "../fetch/http.ts";
import { layerLimits } from "../helper/layer-limits.ts";
import type { TreeLocation } from "../location/location.ts";
import { canonicalJson } from "../oci/canonical-json.ts";
import { cacheKeyOf } from "../oci/hash.ts";
import { isMissing } from "../store/durable.ts";
import { keptTree } from "../store/trees.ts";
import { isArchive, sniffLength } from "./sniff.ts";

/** What lies at a location. */
export type Opened =
  /** A directory that the user named: it is read where it lies. */
  | { readonly kind: "local"; readonly directory: string }
  /** Files from elsewhere, in a directory of the store. */
  | { readonly kind: "fetched"; readonly directory: string; readonly commitTime?: number | undefined }
  /** A URL gave a single file, which is called `context` in this directory. */
  | { readonly kind: "file"; readonly directory: string };

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
      return { kind: "local", directory: await localDirectory(location.path, options.what) };
    case "git": {
      const { git } = location;
      const fetching = await options.fetching();
      const keepGitDir = git.keepGitDir ?? options.keepGitDir;
      const { directory, time } = await checkOut(await findCommit(git, fetching), keepGitDir, fetching);
      return { kind: "fetched", directory, commitTime: time };
    }
    case "http":
      return openUrl(location.url, await options.fetching());
  }
}

/** An archive that is a context. */
interface ArchiveFile {
  readonly path: string;
  /** How errors call it. */
  readonly name: string;
}

/**
 * Unpacks an archive into the new directory `target`.
 * @throws OciBuildError `archive-malformed`, `archive-truncated`, `archive-unsupported`, `archive-too-large`, `archive-too-dense`
 */
export async function unpackArchive({ path, name }: ArchiveFile, target: string, fetching: Fetching): Promise<void> {
  const { store, environment } = fetching;
  await store.session.call("unpack", { archive: path, target, name, limits: layerLimits(environment) });
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
  const { path, digest } = await fetchFile({ url }, fetching);
  const unpacks = isArchive(await startOf(path));
  const key = cacheKeyOf(canonicalJson({ generation: GENERATION, digest, unpacks }));
  const directory = await keptTree(fetching.store, key, async (target) => {
    if (unpacks) return unpackArchive({ path, name: redactUrl(url) }, target, fetching);
    await mkdir(target);
    await copyFile(path, join(target, SINGLE_FILE));
  });
  return { kind: unpacks ? "fetched" : "file", directory };
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
