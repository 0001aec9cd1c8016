import type { Digest } from "../oci/digest.ts";
import { JsonChecks } from "../oci/json.ts";

/** What the names that a build takes from elsewhere stood for when they were last looked up. */
export interface Lock {
  /** Normalised name of a base image to platform to the digest of its manifest. */
  readonly images: ReadonlyMap<string, ReadonlyMap<string, Digest>>;
  /** URL of a file, without user and password and with the digest of its query, to its digest. */
  readonly urls: ReadonlyMap<string, Digest>;
  /** Remote of a repository, with `#REF`, to the whole id of a commit. */
  readonly commits: ReadonlyMap<string, string>;
}

const VERSION = 1;
const fields = ["version", "images", "urls", "commits"];

/** @throws OciBuildError `lock-invalid` */
export function parseLock(text: Uint8Array, file: string): Lock {
  const checks = new JsonChecks("lock-invalid", `the lock file ${file}`);
  const document = checks.object(checks.parse(text), "the document");
  if (document["version"] !== VERSION)
    throw checks.invalid(`its version is not ${VERSION}, the one that this oci-build reads`);
  const unknown = Object.keys(document).find((name) => !fields.includes(name));
  if (unknown !== undefined) throw checks.invalid(`it has an unknown member ${JSON.stringify(unknown)}`);
  const mapOf = <T>(value: unknown, where: string, check: (value: unknown, where: string) => T): Map<string, T> =>
    new Map(
      Object.entries(checks.object(value ?? {}, where)).map(([name, inner]) => [
        name,
        check(inner, `${where}[${JSON.stringify(name)}]`),
      ]),
    );
  const commit = (value: unknown, where: string): string => {
    const id = checks.string(value, where);
    if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(id)) throw checks.invalid(`${where} is not the id of a commit`);
    return id;
  };
  return {
    images: mapOf(document["images"], "images", (value, where) => mapOf(value, where, checks.digest)),
    urls: mapOf(document["urls"], "urls", checks.digest),
    commits: mapOf(document["commits"], "commits", commit),
  };
}

/** The same lock gives the same text. */
export function formatLock({ images, urls, commits }: Lock): string {
  const document = {
    version: VERSION,
    images: sorted(new Map([...images].map(([name, platforms]) => [name, sorted(platforms)]))),
    urls: sorted(urls),
    commits: sorted(commits),
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function sorted<T>(map: ReadonlyMap<string, T>): Readonly<Record<string, T>> {
  return Object.fromEntries([...map].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
