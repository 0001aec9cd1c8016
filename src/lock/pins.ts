import { OciBuildError, redactUrl } from "../errors.ts";
import { type GitLocation, showGitRemote } from "../location/git-location.ts";
import type { Digest } from "../oci/digest.ts";
import { digestOf } from "../oci/hash.ts";
import { formatPlatform, type Platform } from "../oci/platform.ts";
import type { Lock } from "./lock.ts";

/** Something that a build takes from elsewhere by a name that may come to mean something else. */
export type Foreign =
  /** `name` is normalised. */
  | { readonly kind: "image"; readonly name: string; readonly platform: Platform }
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "commit"; readonly location: GitLocation };

/** What names stand for: noted down as they are looked up, or given by a lock, beyond which there is nothing. */
export class Pins {
  readonly #images: Map<string, Map<string, Digest>>;
  readonly #urls: Map<string, Digest>;
  readonly #commits: Map<string, string>;
  readonly #file: string | undefined;

  private constructor(lock: Lock | undefined, file: string | undefined) {
    this.#images = new Map([...(lock?.images ?? [])].map(([name, platforms]) => [name, new Map(platforms)]));
    this.#urls = new Map(lock?.urls);
    this.#commits = new Map(lock?.commits);
    this.#file = file;
  }

  static recording(): Pins {
    return new Pins(undefined, undefined);
  }

  /** @param file names the lock in errors */
  static locked(lock: Lock, file: string): Pins {
    return new Pins(lock, file);
  }

  get lock(): Lock {
    return { images: this.#images, urls: this.#urls, commits: this.#commits };
  }

  /** The digest of the manifest that is locked; undefined while recording. @throws OciBuildError `not-locked` */
  image(name: string, platform: Platform): Digest | undefined {
    return this.#given({ kind: "image", name, platform }, this.#images.get(name)?.get(formatPlatform(platform)));
  }

  /** @throws OciBuildError `not-locked` */
  url(url: string): Digest | undefined {
    return this.#given({ kind: "url", url }, this.#urls.get(urlKey(url)));
  }

  /** @throws OciBuildError `not-locked` */
  commit(location: GitLocation): string | undefined {
    return this.#given({ kind: "commit", location }, this.#commits.get(commitKey(location)));
  }

  noteImage(name: string, platform: Platform, digest: Digest): void {
    const platforms = this.#images.get(name) ?? new Map<string, Digest>();
    this.#images.set(name, platforms.set(formatPlatform(platform), digest));
  }

  noteUrl(url: string, digest: Digest): void {
    this.#urls.set(urlKey(url), digest);
  }

  noteCommit(location: GitLocation, commit: string): void {
    this.#commits.set(commitKey(location), commit);
  }

  /** Checks all at once, so that each that is missing is named. @throws OciBuildError `not-locked` */
  check(needed: readonly Foreign[]): void {
    if (this.#file === undefined) return;
    const missing = needed.filter((one) => !this.#has(one)).map(shown);
    if (missing.length > 0) throw notLocked(this.#file, [...new Set(missing)]);
  }

  #has(one: Foreign): boolean {
    switch (one.kind) {
      case "image":
        return this.#images.get(one.name)?.has(formatPlatform(one.platform)) === true;
      case "url":
        return this.#urls.has(urlKey(one.url));
      case "commit":
        return this.#commits.has(commitKey(one.location));
    }
  }

  #given<T>(one: Foreign, value: T | undefined): T | undefined {
    if (value === undefined && this.#file !== undefined) throw notLocked(this.#file, [shown(one)]);
    return this.#file === undefined ? undefined : value;
  }
}

/** A query tells files apart, but may be a secret. */
function urlKey(url: string): string {
  const { search } = new URL(url);
  return search === "" ? redactUrl(url) : `${redactUrl(url)}?${digestOf(Buffer.from(search))}`;
}

function commitKey(location: GitLocation): string {
  const remote = showGitRemote(location);
  return location.ref === undefined ? remote : `${remote}#${location.ref}`;
}

function shown(one: Foreign): string {
  switch (one.kind) {
    case "image":
      return `the image ${one.name} for ${formatPlatform(one.platform)}`;
    case "url":
      return `the file ${redactUrl(one.url)}`;
    case "commit":
      return `the commit ${commitKey(one.location)}`;
  }
}

function notLocked(file: string, missing: readonly string[]): OciBuildError {
  return new OciBuildError("not-locked", `${file} does not have ${missing.join(", ")}`, {
    hint: "oci-build lock, with the same flags, writes it anew: look at what changes in it before you commit it",
  });
}
