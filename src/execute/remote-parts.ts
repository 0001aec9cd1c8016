import { constants, copyFile, utimes, chmod } from "node:fs/promises";
import { join } from "node:path";
import { openFile, type OpenFetching } from "../context/open.ts";
import { timeOfTree } from "../context/origin.ts";
import { OciBuildError, redactUrl } from "../errors.ts";
import { checkOut, commitInputs, findCommit, type FoundCommit } from "../fetch/git.ts";
import { type FetchedFile, fetchFile } from "../fetch/http.ts";
import { canonicalJson } from "../oci/canonical-json.ts";
import { digestOf } from "../oci/hash.ts";
import type { GitPart, UrlPart } from "../plan/step.ts";
import { withScratch } from "./rootfs.ts";

/** What ADD takes from elsewhere. A server is asked once a build what a URL gives, or which commit a reference means. */
export class RemoteParts {
  readonly #fetching: OpenFetching;
  readonly #files = new Map<string, Promise<FetchedFile>>();
  readonly #commits = new Map<string, Promise<FoundCommit>>();

  constructor(fetching: OpenFetching) {
    this.#fetching = fetching;
  }

  /** What the content of a part depends on: with a checksum nothing needs to be fetched for it. */
  async contentOf(part: UrlPart | GitPart): Promise<string> {
    if (part.kind === "git") return digestOf(commitInputs(await this.#commitOf(part), part.keepGitDirectory));
    return part.checksum ?? (await this.#fileOf(part)).digest;
  }

  /**
   * Fetches the file of a URL, with the mode and time that ADD gives it: 0600, and what the server says or 1970
   * (BuildKit, source/http). It lies in a directory for as long as `use` works there.
   */
  async withFile<T>(part: UrlPart, use: (directory: string) => Promise<T>): Promise<T> {
    const { path, lastModified = 0 } = await this.#fileOf(part);
    const { store } = await this.#fetching();
    return withScratch(store, async (directory) => {
      const file = join(directory, part.name);
      await copyFile(path, file, constants.COPYFILE_FICLONE);
      await chmod(file, 0o600);
      await utimes(file, lastModified, lastModified);
      return use(directory);
    });
  }

  /** The directory with the files of a commit. */
  async treeOf(part: GitPart): Promise<string> {
    const { directory } = await checkOut(await this.#commitOf(part), part.keepGitDirectory, await this.#fetching());
    return directory;
  }

  /**
   * Seconds since 1970: when the commit was made, or what the server says of a file, or the newest in an archive; undefined
   * where nothing tells. With a checksum the server is not asked, and what it said of an earlier time does not count.
   */
  async timeOf(part: UrlPart | GitPart): Promise<number | undefined> {
    const fetching = await this.#fetching();
    if (part.kind === "git") return (await checkOut(await this.#commitOf(part), part.keepGitDirectory, fetching)).time;
    const { lastModified, ...file } = await this.#fileOf(part);
    if (lastModified !== undefined && part.checksum === undefined) return lastModified;
    try {
      return await timeOfTree(await openFile({ ...file, lastModified: undefined }, redactUrl(part.url), fetching));
    } catch (error) {
      // A compressed file that is no archive has nothing newest.
      if (error instanceof OciBuildError && error.code.startsWith("archive-")) return undefined;
      throw error;
    }
  }

  #fileOf(part: UrlPart): Promise<FetchedFile> {
    return once(this.#files, canonicalJson({ url: part.url, checksum: part.checksum }), async () =>
      fetchFile(part, await this.#fetching()),
    );
  }

  #commitOf(part: GitPart): Promise<FoundCommit> {
    return once(this.#commits, canonicalJson({ ...part.location }), async () =>
      findCommit(part.location, await this.#fetching()),
    );
  }
}

function once<Result>(memory: Map<string, Promise<Result>>, what: string, ask: () => Promise<Result>): Promise<Result> {
  const known = memory.get(what);
  if (known !== undefined) return known;
  const asking = ask();
  memory.set(what, asking);
  return asking;
}
