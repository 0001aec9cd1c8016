import { OciBuildError } from "../errors.ts";
import type { Reference } from "../oci/reference.ts";
import { discard } from "../http/discard.ts";
import { parseChallenges, type Challenge } from "./challenge.ts";
import type { Credentials, CredentialSource } from "./credentials.ts";
import { protocolError } from "../http/peer.ts";
import { basicAuthorization, fetchToken, type Grant, type TokenService } from "./token.ts";
import type { Request, Response, Send } from "../http/transport.ts";

/** A request, and the scopes that its token must have; without them those that the registry's challenge names. */
export interface ScopedRequest extends Request {
  /** e.g. `repository:library/app:pull,push` (https://distribution.github.io/distribution/spec/auth/scope/). */
  readonly scopes?: readonly string[] | undefined;
}

/** Sends a request about a reference's repository, with whatever login the registry asks for. */
export type SendFor = (reference: Reference, request: ScopedRequest, signal: AbortSignal) => Promise<Response>;

/**
 * Answers a registry's challenges. A grant is kept per repository and scopes, and used until it expires; a request that is refused
 * with 401 is tried once more, with a new one.
 * @param signal of the whole registry, because requests share grants
 */
export function createAuthorised(send: Send, source: CredentialSource, signal: AbortSignal): SendFor {
  const grants = new Map<string, Promise<Grant>>();

  async function sendFor(
    reference: Reference,
    { scopes, ...request }: ScopedRequest,
    requestSignal: AbortSignal,
  ): Promise<Response> {
    const key = [`${reference.registry}/${reference.repository}`, ...(scopes ?? [])].join(" ");
    const held = await usable(grants.get(key));
    const first = await send(withGrant(request, held), requestSignal);
    // Who was sent elsewhere and is refused there has no business with that host's challenge.
    if (first.status !== 401 || first.url.origin !== request.url.origin) return first;
    discard(first);

    const current = await usable(grants.get(key));
    // Another request may have got a new grant meanwhile.
    const grant =
      current !== undefined && current !== held ? current : await renew(key, reference, { refusal: first, scopes });
    const second = await send(withGrant(request, grant), requestSignal);
    if (second.status !== 401) return second;
    discard(second);
    grants.delete(key);
    throw refusedLogin(reference, source, await source.find(reference, signal));
  }

  function renew(key: string, reference: Reference, refused: Refused): Promise<Grant> {
    const grant = grantFor(reference, refused);
    grants.set(key, grant);
    grant.catch(() => grants.delete(key));
    return grant;
  }

  async function grantFor(reference: Reference, { refusal, scopes }: Refused): Promise<Grant> {
    const challenges = parseChallenges(refusal.headers["www-authenticate"] ?? "");
    const bearer = challenges.find(({ scheme }) => scheme === "bearer");
    const basic = challenges.find(({ scheme }) => scheme === "basic");
    const credentials = await source.find(reference, signal);
    if (credentials.kind === "registry-token") return lasting(`Bearer ${credentials.token}`);
    if (bearer !== undefined)
      return await tokenFor(reference, tokenService(reference, refusal.url, { ...bearer, scopes }), credentials);
    if (basic === undefined) throw unknownChallenge(refusal.url, challenges);
    if (credentials.kind !== "password") throw refusedLogin(reference, source, credentials);
    return lasting(basicAuthorization(credentials));
  }

  async function tokenFor(reference: Reference, service: TokenService, credentials: Credentials): Promise<Grant> {
    try {
      return await fetchToken(send, { service, credentials }, signal);
    } catch (error) {
      if (error instanceof OciBuildError && error.code === "registry-unauthorized")
        throw refusedLogin(reference, source, credentials);
      throw error;
    }
  }

  return sendFor;
}

interface Refused {
  readonly refusal: Response;
  readonly scopes: readonly string[] | undefined;
}

async function usable(grant: Promise<Grant> | undefined): Promise<Grant | undefined> {
  const settled = await grant?.catch(() => undefined);
  return settled !== undefined && settled.expires > Date.now() ? settled : undefined;
}

function withGrant(request: Request, grant: Grant | undefined): Request {
  return grant === undefined
    ? request
    : { ...request, headers: { ...request.headers, authorization: grant.authorization } };
}

function lasting(authorization: string): Grant {
  return { authorization, expires: Number.POSITIVE_INFINITY };
}

function tokenService(
  reference: Reference,
  asked: URL,
  { parameters, scopes }: Challenge & Pick<Refused, "scopes">,
): TokenService {
  const realm = parameters.get("realm") ?? "";
  if (!URL.canParse(realm)) throw protocolError(asked, "registry", "its token server has no URL");
  const url = new URL(realm);
  if (asked.protocol === "https:" && url.protocol !== "https:")
    throw protocolError(asked, "registry", `its token server ${url.host} is not asked over https`);
  return {
    realm: url,
    service: parameters.get("service"),
    scopes: scopes ?? [parameters.get("scope") ?? `repository:${reference.repository}:pull`],
  };
}

function refusedLogin(
  { registry, repository }: Reference,
  source: CredentialSource,
  credentials: Credentials,
): OciBuildError {
  const places = source.places.length === 0 ? "" : `; credentials were looked for in ${source.places.join(", ")}`;
  const login = `log in with podman login ${registry} or docker login ${registry}${places}`;
  if (credentials.kind === "anonymous")
    return new OciBuildError(
      "registry-unauthorized",
      `${registry} does not give ${repository} to somebody who is not logged in`,
      {
        hint: `check the name, for some registries answer so when there is no such repository; else ${login}`,
      },
    );
  return new OciBuildError("registry-unauthorized", `${registry} does not accept the login for ${repository}`, {
    hint: login,
  });
}

function unknownChallenge(url: URL, challenges: readonly Challenge[]): OciBuildError {
  const schemes = challenges.map(({ scheme }) => scheme).join(", ");
  return protocolError(
    url,
    "registry",
    schemes === ""
      ? "it refuses without saying how to log in"
      : `it asks for a login by ${schemes}, but only basic and bearer are known`,
  );
}
