import { OciBuildError } from "../errors.ts";
import { JsonChecks } from "../oci/json.ts";
import { discard } from "../http/discard.ts";
import { readBody } from "./body.ts";
import type { Credentials } from "./credentials.ts";
import { statusError } from "./status.ts";
import type { Request, Send } from "../http/transport.ts";

/** An Authorization header and how long it is good. */
export interface Grant {
  readonly authorization: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/** Where to get an access token, from a bearer challenge. */
export interface TokenService {
  readonly realm: URL;
  readonly service: string | undefined;
  readonly scopes: readonly string[];
}

const clientId = "oci-build";
const longestAnswer = 1024 * 1024;
/** What a token without expires_in is good for, and how much sooner than asked a token is given up. Seconds. */
const defaultLife = 60;
const margin = 10;

/**
 * Gets an access token from a token server: by GET with or without a password
 * (https://distribution.github.io/distribution/spec/auth/token/), or by POST for an identity token (…/spec/auth/oauth/).
 * @throws OciBuildError `registry-unauthorized`, `registry-rate-limited`, `registry-error`, `registry-protocol`, …
 */
export async function fetchToken(
  send: Send,
  { service, credentials }: { readonly service: TokenService; readonly credentials: Credentials },
  signal: AbortSignal,
): Promise<Grant> {
  const host = service.realm.host;
  const asked = Date.now();
  const response = await send(tokenRequest(service, credentials), signal);
  if (response.status !== 200) {
    discard(response);
    throw statusError(response, `a token for ${service.scopes.join(" ")}`);
  }
  const bytes = await readBody(
    response,
    { limit: longestAnswer, tooLong: () => protocolError(host, "its answer is too long") },
    signal,
  );
  const checks = new JsonChecks("registry-protocol", `the answer of the token server ${host}`);
  const answer = checks.object(checks.parse(bytes), "the document");
  const token =
    checks.optional(answer["token"], "token", checks.string) ??
    checks.optional(answer["access_token"], "access_token", checks.string) ??
    "";
  if (!/^[\x21-\x7e]+$/.test(token)) throw protocolError(host, "its answer holds no token");
  const life = checks.optional(answer["expires_in"], "expires_in", checks.size) ?? defaultLife;
  return { authorization: `Bearer ${token}`, expires: asked + Math.max(life - margin, 0) * 1000 };
}

function tokenRequest({ realm, service, scopes }: TokenService, credentials: Credentials): Request {
  if (credentials.kind === "identity-token") {
    const form = new URLSearchParams({
      grant_type: "refresh_token",
      client_id: clientId,
      scope: scopes.join(" "),
      refresh_token: credentials.token,
    });
    if (service !== undefined) form.set("service", service);
    return {
      method: "POST",
      url: realm,
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: form.toString(),
    };
  }
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set("service", service);
  for (const scope of scopes) url.searchParams.append("scope", scope);
  if (credentials.kind !== "password") return { method: "GET", url, headers: {} };
  return { method: "GET", url, headers: { authorization: basicAuthorization(credentials) } };
}

/** https://www.rfc-editor.org/rfc/rfc7617 */
export function basicAuthorization({
  username,
  password,
}: {
  readonly username: string;
  readonly password: string;
}): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

function protocolError(host: string, problem: string): OciBuildError {
  return new OciBuildError("registry-protocol", `the token server ${host} does not behave like one: ${problem}`);
}
