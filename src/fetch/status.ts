import { OciBuildError } from "../errors.ts";
import type { Response } from "../http/transport.ts";

/** What an answer without a file is to a user. @param subject the URL, fit to be shown */
export function statusError({ status, url }: Response, subject: string): OciBuildError {
  if (status === 404 || status === 410)
    return new OciBuildError("server-not-found", `${subject} does not exist: ${url.host} answers ${status}`, {
      hint: "check the URL",
    });
  if (status === 401 || status === 403)
    return new OciBuildError("server-denied", `${url.host} denies ${subject}: it answers ${status}`, {
      hint: `give a token by --secret id=HTTP_AUTH_TOKEN_${url.hostname},env=VARIABLE, or a user in the URL: https://USER:PASSWORD@HOST/…`,
    });
  if (status === 429 || status >= 500)
    return new OciBuildError("server-error", `${url.host} failed with status ${status} when asked for ${subject}`, {
      hint: "the fault is the server's; try again later",
    });
  return new OciBuildError("server-protocol", `${url.host} answered ${subject} with the unexpected status ${status}`);
}
