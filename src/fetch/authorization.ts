import { OciBuildError } from "../errors.ts";
import type { GitLocation } from "../location/git-location.ts";
import { basicAuthorization } from "./basic-authorization.ts";

/** What `--secret` gives, by id. */
export type FetchSecrets = ReadonlyMap<string, Uint8Array>;

/** A header that tells a git server who asks. */
export interface GitAuthorization {
  /** The beginning of the URLs that get it (`http.<url>.*` of git-config(1)). */
  readonly scope: string;
  /** The value of `Authorization`. */
  readonly value: string;
}

/**
 * How git proves to a server that it may read a repository: by the first of the secrets `GIT_AUTH_HEADER.HOST`,
 * `GIT_AUTH_TOKEN.HOST`, `GIT_AUTH_HEADER` and `GIT_AUTH_TOKEN`, else by the user of the location. What names a host is for all of
 * the host, as for submodules; the others are for this repository, or for all of github.com (BuildKit, source/git).
 * @throws OciBuildError `secret-invalid`
 */
export function gitAuthorization(
  { remote, protocol }: GitLocation,
  secrets: FetchSecrets,
): GitAuthorization | undefined {
  if (protocol !== "https" && protocol !== "http") return undefined;
  const { origin, host, hostname, pathname, username, password } = new URL(remote);
  const all = `${origin}/`;
  const own = /^(?:www\.)?github\.com$/.test(hostname) ? all : `${origin}${pathname}`;
  for (const [suffix, scope] of [
    [`.${host}`, all],
    ["", own],
  ] as const) {
    const header = textOf(`GIT_AUTH_HEADER${suffix}`, secrets);
    if (header !== undefined) return { scope, value: header };
    const token = textOf(`GIT_AUTH_TOKEN${suffix}`, secrets);
    if (token !== undefined) return { scope, value: basic("x-access-token", token) };
  }
  const { authorization: value } = basicAuthorization(username, password);
  return value === undefined ? undefined : { scope: all, value };
}

/**
 * The header for a URL: by the secrets `HTTP_AUTH_TOKEN_HOST` and `HTTP_AUTH_HEADER_HOST`, else by the user of the URL. HOST
 * is without a port (BuildKit, source/http).
 * @throws OciBuildError `secret-invalid`
 */
export function httpAuthorization(url: URL, secrets: FetchSecrets): Readonly<Record<string, string>> {
  const token = textOf(`HTTP_AUTH_TOKEN_${url.hostname}`, secrets);
  if (token !== undefined) return { authorization: `Bearer ${token}` };
  const header = textOf(`HTTP_AUTH_HEADER_${url.hostname}`, secrets);
  return header === undefined ? basicAuthorization(url.username, url.password) : { authorization: header };
}

/** `text` without any secret that proves something to a server, as it may be shown. */
export function withoutSecrets(text: string, authorization: GitAuthorization | undefined): string {
  const [, scheme = "", sent = ""] = /^(\S+ +)?(.*)$/s.exec(authorization?.value ?? "") ?? [];
  if (sent === "") return text;
  const login = /^basic/i.test(scheme) ? Buffer.from(sent, "base64").toString() : "";
  const hidden = [sent, login, login.slice(login.indexOf(":") + 1)].filter((secret) => secret !== "");
  return hidden.reduce((shown, secret) => shown.replaceAll(secret, "***"), text);
}

/** A secret as the text of a header. The newline at the end of a file is no part of it; an empty one is none. */
function textOf(id: string, secrets: FetchSecrets): string | undefined {
  const text = Buffer.from(secrets.get(id) ?? [])
    .toString("utf8")
    .replace(/\r?\n$/, "");
  if (text === "") return undefined;
  if (/^[\x20-\x7e]+$/.test(text)) return text;
  throw new OciBuildError("secret-invalid", `the secret ${id} holds what a header cannot hold`, {
    hint: "it must be one line of ASCII characters",
  });
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
