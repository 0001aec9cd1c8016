import { constants, copyFile, utimes, chmod } from "node:fs/promises";
import { join } from "node:path";
import type { OpenFetching } from "../context/open.ts";
import { checkOut, commitInputs, findCommit, type FoundCommit } from "../fetch/git.ts";
import { type FetchedFile, fetchFile } from "../fetch/http.ts";
import { digestOf } from "../oci/hash.ts";
import type { GitPart, UrlPart } from "../plan/step.ts";
import { withScratch } from "./rootfs.ts";

/** What ADD takes from elsewhere. A server is asked once a build what a URL gives, or which commit a reference means. */
export class RemoteParts {
  readonly #fetching: OpenFetching;
  readonly #files = new Map<UrlPart, Promise<FetchedFile>>();
  readonly #commits = new Map<GitPart, Promise<FoundCommit>>();

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

  #fileOf(part: UrlPart): Promise<FetchedFile> {
    return once(this.#files, part, async () => fetchFile(part, await this.#fetching()));
  }

  #commitOf(part: GitPart): Promise<FoundCommit> {
    return once(this.#commits, part, async () => findCommit(part.location, await this.#fetching()));
  }
}

function once<Part, Result>(
  memory: Map<Part, Promise<Result>>,
  part: Part,
  ask: () => Promise<Result>,
): Promise<Result> {
  const known = memory.get(part);
  if (known !== undefined) return known;
  const asking = ask();
  memory.set(part, asking);
  return asking;
}
