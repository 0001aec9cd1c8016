import { readFile } from "node:fs/promises";
import { OciBuildError } from "../errors.ts";
import { JsonChecks, type JsonObject } from "../oci/json.ts";
import type { Reference } from "../oci/reference.ts";
import type { Credentials } from "./credentials.ts";
import { hostOf } from "./endpoint.ts";

/** Docker's config.json or containers' auth.json, as far as it speaks of credentials. */
export interface AuthFile {
  readonly path: string;
  /** By key: a host, a host with a path, or the URL of an old registry. */
  readonly auths: ReadonlyMap<string, Credentials>;
  /** Helper names by key. */
  readonly credHelpers: ReadonlyMap<string, string>;
  /** The helper for every other host. */
  readonly credsStore: string | undefined;
}

/** A helper program to be asked for the credentials of `server`. */
export interface HelperCall {
  readonly kind: "helper";
  /** The NAME of `docker-credential-NAME`. */
  readonly helper: string;
  readonly server: string;
  /** The file that names the helper. */
  readonly file: string;
}

/** How docker writes down its own registry's credentials. */
const dockerHubKey = "https://index.docker.io/v1/";

/** Reads an auth file; undefined when there is none. @throws OciBuildError `credentials-unreadable` */
export async function readAuthFile(
  path: string,
  { required }: { readonly required: boolean },
): Promise<AuthFile | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (!required && (code === "ENOENT" || code === "ENOTDIR")) return undefined;
    throw new OciBuildError("credentials-unreadable", `cannot read the credentials in ${path}: ${code}`, {
      hint: required
        ? "REGISTRY_AUTH_FILE names it: log in with that file, or unset the variable"
        : "check who may read it",
      cause: error,
    });
  }
  return parseAuthFile(bytes, path);
}

/** @throws OciBuildError `credentials-unreadable` */
export function parseAuthFile(bytes: Uint8Array, path: string): AuthFile {
  const checks = new JsonChecks("credentials-unreadable", path);
  const document = checks.object(checks.parse(bytes), "the document");
  const auths = checks.optional(document["auths"], "auths", checks.object) ?? {};
  const credHelpers = checks.optional(document["credHelpers"], "credHelpers", checks.stringMap) ?? {};
  const credsStore = checks.optional(document["credsStore"], "credsStore", checks.string);
  return {
    path,
    auths: new Map(
      Object.entries(auths).map(([key, entry]) => [key, parseEntry(entry, `auths[${JSON.stringify(key)}]`, checks)]),
    ),
    credHelpers: new Map(Object.entries(credHelpers)),
    credsStore: credsStore === "" ? undefined : credsStore,
  };
}

/**
 * What a file knows about a repository: the entry of the longest key that covers it. A key without a scheme may go on
 * into the repository's path; one with a scheme counts for its host (containers-auth.json(5), docker's ConvertToHostname).
 */
export function lookUp(file: AuthFile, reference: Reference): Credentials | HelperCall | undefined {
  const keys = keysOf(reference);
  for (const key of keys) {
    const helper = file.credHelpers.get(key);
    if (helper !== undefined && helper !== "") return { kind: "helper", helper, server: key, file: file.path };
    const credentials = file.auths.get(key) ?? [...file.auths].find(([url]) => hostOfUrl(url) === key)?.[1];
    // `docker login` with a helper leaves an empty entry behind.
    if (credentials !== undefined && credentials.kind !== "anonymous") return credentials;
  }
  if (file.credsStore === undefined) return undefined;
  return { kind: "helper", helper: file.credsStore, server: serverKey(reference.registry), file: file.path };
}

/** The key of a registry's entry, and what a helper calls it. */
export function serverKey(registry: string): string {
  return registry === "docker.io" ? dockerHubKey : registry;
}

/** Most particular first: `host/a/b`, `host/a`, `host`. */
function keysOf({ registry, repository }: Reference): readonly string[] {
  const parts = repository.split("/");
  const scoped = parts.map((_, i) => [registry, ...parts.slice(0, parts.length - i)].join("/"));
  const hosts = registry === "docker.io" ? [registry, dockerHubKey, "index.docker.io", hostOf(registry)] : [registry];
  return [...scoped, ...hosts];
}

function hostOfUrl(key: string): string | undefined {
  return /^https?:\/\/([^/]+)/.exec(key)?.[1];
}

function parseEntry(value: unknown, where: string, checks: JsonChecks): Credentials {
  const entry = checks.object(value, where);
  const text = (field: string): string => checks.optional(entry[field], `${where}.${field}`, checks.string) ?? "";
  if (text("identitytoken") !== "") return { kind: "identity-token", token: text("identitytoken") };
  if (text("registrytoken") !== "") return { kind: "registry-token", token: text("registrytoken") };
  const login = parseLogin(entry, where, checks);
  return login.username === "" && login.password === "" ? { kind: "anonymous" } : { kind: "password", ...login };
}

function parseLogin(entry: JsonObject, where: string, checks: JsonChecks): { username: string; password: string } {
  const text = (field: string): string => checks.optional(entry[field], `${where}.${field}`, checks.string) ?? "";
  if (text("auth") === "") return { username: text("username"), password: text("password") };
  const decoded = Buffer.from(text("auth"), "base64").toString();
  const colon = decoded.indexOf(":");
  if (colon === -1) throw checks.invalid(`${where}.auth is not the base64 form of user:password`);
  // Docker pads with NUL.
  return { username: decoded.slice(0, colon), password: decoded.slice(colon + 1).replace(/\0+$/, "") };
}
