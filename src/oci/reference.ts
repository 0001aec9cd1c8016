import { OciBuildError } from "../errors.ts";
import { parseDigest, type Digest } from "./digest.ts";

/** The name of an image in a registry, normalised: nothing is left to be filled in. */
export interface Reference {
  /** Host with an optional port, e.g. `docker.io`, `localhost:5000`, `[::1]:5000`. */
  readonly registry: string;
  /** e.g. `library/debian` */
  readonly repository: string;
  readonly selector: Selector;
}

/** What is meant inside the repository. A tag beside a digest is only kept to be shown: the digest decides. */
export type Selector =
  | { readonly kind: "tag"; readonly tag: string }
  | { readonly kind: "digest"; readonly digest: Digest; readonly tag?: string };

/** Where names without a host live, and where the images named by one word live there. */
const defaultRegistry = "docker.io";
const officialPrefix = "library/";
const longestRepository = 255;

const domainComponent = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const registryForm = new RegExp(`^(?:${domainComponent}(?:\\.${domainComponent})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`);
const repositoryForm = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;
const tagForm = /^\w[\w.-]{0,127}$/;
const imageIdForm = /^[0-9a-f]{64}$/;

/**
 * Reads an image name as docker does: `debian` is `docker.io/library/debian:latest`. The grammar and the filling-in are
 * those of https://github.com/distribution/reference (`ParseNormalizedNamed` and `TagNameOnly`).
 * @throws OciBuildError `reference-invalid`
 */
export function parseReference(text: string): Reference {
  if (text === "") throw invalid(text, "it is empty");
  if (/^https?:\/\//.test(text)) throw invalid(text, "it is a URL", "leave out http:// or https://");
  if (imageIdForm.test(text)) throw invalid(text, "64 hex digits are an image id, not a name");
  const { rest, digest } = splitDigest(text);
  const { registry, remainder } = splitRegistry(rest);
  const { path, tag } = splitTag(remainder);
  const repository = registry === defaultRegistry && !path.includes("/") ? officialPrefix + path : path;
  checkRegistry(text, registry);
  checkRepository(text, repository);
  if (tag !== undefined && !tagForm.test(tag))
    throw invalid(
      text,
      `${quote(tag)} is not a tag`,
      "a tag has at most 128 letters, digits, _, . and -, and does not start with . or -",
    );
  return { registry, repository, selector: selectorOf(tag, digest) };
}

/** The whole normalised name, e.g. `docker.io/library/debian:latest`. */
export function formatReference(reference: Reference): string {
  return `${reference.registry}/${reference.repository}${formatSelector(reference.selector)}`;
}

/** The repository as a person writes it, without tag and digest: `debian` for `docker.io/library/debian:latest`. */
export function familiarName(reference: Reference): string {
  const { registry, repository } = reference;
  const whole = `${registry}/${repository}`;
  if (registry !== defaultRegistry) return whole;
  const official = repository.startsWith(officialPrefix) ? repository.slice(officialPrefix.length) : "";
  if (official !== "" && !official.includes("/") && !imageIdForm.test(official)) return official;
  // A repository whose first part looks like a host would be read back as another registry's.
  return splitRegistry(repository).remainder === repository ? repository : whole;
}

/** `familiarName` with tag and digest: `debian:latest`. */
export function familiarReference(reference: Reference): string {
  return familiarName(reference) + formatSelector(reference.selector);
}

function formatSelector(selector: Selector): string {
  switch (selector.kind) {
    case "tag":
      return `:${selector.tag}`;
    case "digest":
      return selector.tag === undefined ? `@${selector.digest}` : `:${selector.tag}@${selector.digest}`;
  }
}

function splitDigest(text: string): { rest: string; digest: Digest | undefined } {
  const at = text.indexOf("@");
  if (at === -1) return { rest: text, digest: undefined };
  try {
    return { rest: text.slice(0, at), digest: parseDigest(text.slice(at + 1)) };
  } catch {
    throw invalid(
      text,
      `${quote(text.slice(at + 1))} is not a sha256 digest`,
      "a digest is sha256: and 64 hex digits in lower case",
    );
  }
}

/** The first component is a host if it has a dot, a port or an upper-case letter, or is `localhost`. */
function splitRegistry(name: string): { registry: string; remainder: string } {
  const slash = name.indexOf("/");
  const first = slash === -1 ? "" : name.slice(0, slash);
  const isHost = /[.:A-Z]/.test(first) || first === "localhost";
  if (!isHost) return { registry: defaultRegistry, remainder: name };
  const registry = first === "index.docker.io" ? defaultRegistry : first;
  return { registry, remainder: name.slice(slash + 1) };
}

function splitTag(remainder: string): { path: string; tag: string | undefined } {
  const colon = remainder.indexOf(":");
  if (colon === -1) return { path: remainder, tag: undefined };
  return { path: remainder.slice(0, colon), tag: remainder.slice(colon + 1) };
}

function selectorOf(tag: string | undefined, digest: Digest | undefined): Selector {
  if (digest === undefined) return { kind: "tag", tag: tag ?? "latest" };
  return tag === undefined ? { kind: "digest", digest } : { kind: "digest", digest, tag };
}

function checkRegistry(text: string, registry: string): void {
  if (!registryForm.test(registry)) throw invalid(text, `${quote(registry)} is not a registry's host name`);
  const port = /:([0-9]+)$/.exec(registry)?.[1];
  if (port !== undefined && Number(port) > 65535) throw invalid(text, `${port} is not a port`);
}

function checkRepository(text: string, repository: string): void {
  if (/[A-Z]/.test(repository))
    throw invalid(text, "a repository name must be lower case", `write ${quote(repository.toLowerCase())}`);
  if (repository.length > longestRepository)
    throw invalid(text, `the repository name has more than ${longestRepository} characters`);
  if (!repositoryForm.test(repository))
    throw invalid(
      text,
      `${quote(repository)} is not a repository name`,
      "its parts are lower-case letters and digits, with ., _, __ or dashes only between them",
    );
}

function invalid(text: string, problem: string, hint?: string): OciBuildError {
  return new OciBuildError("reference-invalid", `not an image name: ${quote(text)}: ${problem}`, { hint });
}

function quote(text: string): string {
  return JSON.stringify(text.length > 300 ? `${text.slice(0, 300)}…` : text);
}
