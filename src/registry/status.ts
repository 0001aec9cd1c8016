import { OciBuildError } from "../errors.ts";
import { parseRetryAfter } from "../http/retry.ts";
import type { Response } from "../http/transport.ts";

/**
 * What an answer without success is to a user. The registry's own words are not shown: they may repeat what it was sent.
 * A 404 is for the caller, who knows what is missing.
 * @param subject what was asked for, e.g. `library/debian:latest`
 */
export function statusError(response: Response, subject: string): OciBuildError {
  const { status, url, headers } = response;
  if (status === 401)
    return new OciBuildError("registry-unauthorized", `${url.host} does not give ${subject} without a valid login`);
  if (status === 403)
    return new OciBuildError("registry-denied", `${url.host} denies ${subject}`, {
      hint: "check the name, and that the user who is logged in may read it",
    });
  if (status === 429) {
    const wait = parseRetryAfter(headers["retry-after"], Date.now());
    return new OciBuildError(
      "registry-rate-limited",
      `${url.host} gives no more answers for now: too many requests for ${subject}`,
      {
        hint:
          wait === undefined
            ? "wait and try again; many registries allow more to users who are logged in"
            : `it asks to wait ${Math.ceil(wait / 1000)} s`,
      },
    );
  }
  if (status >= 500)
    return new OciBuildError("registry-error", `${url.host} failed with status ${status} when asked for ${subject}`, {
      hint: "the fault is the registry's; try again later",
    });
  return new OciBuildError(
    "registry-protocol",
    `${url.host} answered with the unexpected status ${status} when asked for ${subject}`,
  );
}
