import { OciBuildError } from "../errors.ts";

/** What a build that may ask nobody says of a thing that the store lacks. */
export function offlineError(what: string): OciBuildError {
  return new OciBuildError("offline", `the store does not have ${what}, and this build is offline`, {
    hint: "build once without --offline: what is fetched then stays in the store",
  });
}
