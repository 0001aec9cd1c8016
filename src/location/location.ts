import { OciBuildError } from "../errors.ts";
import { type Digest, parseDigest } from "../oci/digest.ts";
import { familiarReference, parseReference } from "../oci/reference.ts";
import { type GitLocation, parseGitLocation } from "./git-location.ts";

/** Where a tree of files is. */
export type TreeLocation =
  | { readonly kind: "directory"; readonly path: string }
  | { readonly kind: "git"; readonly git: GitLocation }
  /** An archive of files; for a build context, or a Dockerfile. */
  | { readonly kind: "http"; readonly url: string };

/** Where the build context is. */
export type ContextLocation =
  | TreeLocation
  /** An archive, or a Dockerfile. */
  | { readonly kind: "stdin" };

/** What `--build-context` puts in the place of a name. */
export type NamedLocation = TreeLocation | ImageLocation;

export type ImageLocation =
  /** `docker-image://NAME`, or scratch. */
  { readonly kind: "image"; readonly name: string } | LayoutLocation;

export interface LayoutLocation {
  readonly kind: "layout";
  /** Directory of the OCI image layout. */
  readonly path: string;
  readonly tag: string | undefined;
  readonly digest: Digest | undefined;
}

/**
 * Reads the CONTEXT of a build: a directory, `-`, a git repository, or the http(s) URL of an archive or a Dockerfile.
 * @throws OciBuildError `context-invalid`, `git-location-invalid`, `git-protocol-refused`
 */
export function parseContextLocation(text: string): ContextLocation {
  if (text === "") throw invalid("the build context is an empty string", "name a directory, e.g. a dot for this one");
  if (text === "-") return { kind: "stdin" };
  return parseTree(text, "the build context");
}

/**
 * Reads one `NAME=LOCATION` of `--build-context`. The name is that of a stage or an image, without the tag latest, as
 * `contextName` gives it.
 * @throws OciBuildError `context-invalid`, `reference-invalid`, `digest-invalid`, `git-location-invalid`, `git-protocol-refused`
 */
export function parseNamedLocation(text: string): readonly [name: string, location: NamedLocation] {
  const equals = text.indexOf("=");
  const [name, value] = [text.slice(0, Math.max(equals, 0)), text.slice(equals + 1)];
  if (name === "" || value === "")
    throw invalid(
      `${JSON.stringify(text)} is not a named build context`,
      "write --build-context NAME=DIRECTORY, or a URL behind the =",
    );
  return [contextName(name), parseNamed(value, name)];
}

/** Those of the named contexts that are no images. */
export function treesOf(contexts: ReadonlyMap<string, NamedLocation>): ReadonlyMap<string, TreeLocation> {
  const isTree = (entry: [string, NamedLocation]): entry is [string, TreeLocation] =>
    entry[1].kind !== "image" && entry[1].kind !== "layout";
  return new Map([...contexts].filter(isTree));
}

/** An image's location as it was written, without docker-image://; `parseLayout` reads a layout's back. */
export function formatImageLocation(location: ImageLocation): string {
  if (location.kind === "image") return location.name;
  const { path, tag, digest } = location;
  return `${LAYOUT}${path}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}

/** The layout that a name given by `formatImageLocation` means; undefined for an image's name. */
export function layoutOf(name: string): LayoutLocation | undefined {
  return name.startsWith(LAYOUT) ? parseLayout(name.slice(LAYOUT.length), name) : undefined;
}

const LAYOUT = "oci-layout://";

/**
 * The key of a named context: an image's name as a person writes it, without the tag latest, so that
 * `docker.io/library/alpine:latest` and `alpine` are one.
 * @throws OciBuildError `reference-invalid`
 */
export function contextName(name: string): string {
  return familiarReference(parseReference(name)).replace(/:latest$/, "");
}

function parseNamed(text: string, name: string): NamedLocation {
  const [, scheme = "", rest = ""] = /^(docker-image|oci-layout|target|input):(?:\/\/)?(.*)$/s.exec(text) ?? [];
  switch (scheme) {
    case "docker-image":
      if (rest !== "scratch") parseReference(rest);
      return { kind: "image", name: rest };
    case "oci-layout":
      return parseLayout(rest, name);
    case "target":
    case "input":
      throw invalid(
        `the build context ${name} is another build's target, which only docker buildx bake knows`,
        "build it first, and name its image with docker-image:// or oci-layout://",
      );
    default:
      return parseTree(text, `the build context ${name}`);
  }
}

/** `PATH[:TAG][@DIGEST]` */
function parseLayout(text: string, name: string): LayoutLocation {
  const [, whole = "", digest] = /^(.*?)(?:@(.*))?$/s.exec(text) ?? [];
  const [, path = "", tag] = /^(.*?)(?::([^/:]*))?$/s.exec(whole) ?? [];
  if (path === "") throw invalid(`the build context ${name} names no directory`, "write oci-layout://DIRECTORY:TAG");
  if (tag === "") throw invalid(`the build context ${name} has an empty tag`, "write oci-layout://DIRECTORY:TAG");
  return { kind: "layout", path, tag, digest: digest === undefined ? undefined : parseDigest(digest) };
}

function parseTree(text: string, what: string): TreeLocation {
  // Docker's old short form; a directory of that name is ./github.com/…
  const git = parseGitLocation(text.startsWith("github.com/") ? `https://${withGitSuffix(text)}` : text);
  if (git !== undefined) return { kind: "git", git };
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) return { kind: "directory", path: text };
  if (scheme !== "http" && scheme !== "https")
    throw invalid(
      `${what} has the scheme ${scheme}://, which is not supported`,
      "name a directory, a git repository or an http(s) URL",
    );
  if (!URL.canParse(text)) throw invalid(`${what} is not a URL: ${JSON.stringify(text)}`, "check its spelling");
  return { kind: "http", url: text };
}

function withGitSuffix(text: string): string {
  const [, path = "", rest = ""] = /^([^?#]*)(.*)$/s.exec(text) ?? [];
  return path.endsWith(".git") ? text : `${path.replace(/\/$/, "")}.git${rest}`;
}

function invalid(message: string, hint: string): OciBuildError {
  return new OciBuildError("context-invalid", message, { hint });
}
