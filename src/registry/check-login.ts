import { OciBuildError } from "../errors.ts";
import { discard } from "../http/discard.ts";
import type { Reference } from "../oci/reference.ts";
import type { Login } from "./login-file.ts";
import type { Ask } from "./session.ts";
import { statusError } from "./status.ts";

/**
 * Asks a registry whether it knows somebody. `ask` must show it that login.
 * @throws OciBuildError `login-refused`, `registry-…`
 */
export async function checkLogin(
  ask: Ask,
  registry: string,
  { username, signal }: Pick<Login, "username"> & { readonly signal: AbortSignal },
): Promise<void> {
  const reference: Reference = { registry, repository: "", selector: { kind: "tag", tag: "latest" } };
  // The root of the API is no part of any repository, and a token for it needs no scope.
  const response = await ask(reference, { method: "GET", target: "/v2/", scopes: [] }, signal).catch(
    (error: unknown) => {
      if (error instanceof OciBuildError && error.code === "registry-unauthorized")
        throw refused(registry, username, error);
      throw error;
    },
  );
  discard(response);
  if (response.status === 401 || response.status === 403) throw refused(registry, username);
  if (response.status !== 200) throw statusError(response, "its API");
}

function refused(registry: string, username: string, cause?: OciBuildError): OciBuildError {
  return new OciBuildError("login-refused", `${registry} does not accept the user ${username} with this password`, {
    hint: "many registries want a token in the place of the password",
    cause,
  });
}
