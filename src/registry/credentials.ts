import { homedir } from "node:os";
import { join } from "node:path";
import type { Reference } from "../oci/reference.ts";
import { lookUp, readAuthFile, type HelperCall } from "./auth-file.ts";
import { askHelper } from "./credential-helper.ts";
import type { Environment } from "../http/proxy.ts";

/** What a registry is shown of its user. */
export type Credentials =
  | { readonly kind: "anonymous" }
  | { readonly kind: "password"; readonly username: string; readonly password: string }
  /** An OAuth refresh token, exchanged for access tokens at the registry's token server. */
  | { readonly kind: "identity-token"; readonly token: string }
  /** An access token, sent to the registry as it is. */
  | { readonly kind: "registry-token"; readonly token: string };

/** Where credentials come from. Asked only after a registry has refused to answer without. */
export interface CredentialSource {
  /** Credentials for the reference's repository; anonymous when there are none. */
  find(reference: Reference, signal: AbortSignal): Promise<Credentials>;
  /** The places that `find` looks at, for the hint of an error. */
  readonly places: readonly string[];
}

/** A source that knows nothing. */
export const noCredentials: CredentialSource = { find: () => Promise.resolve({ kind: "anonymous" }), places: [] };

/**
 * The credentials that `docker login` and `podman login` left, in the files of `authFilePaths`; the first file that has
 * some decides. Helpers (`docker-credential-NAME`) are looked up in the environment's PATH.
 */
export function credentialsFrom(environment: Environment): CredentialSource {
  const { paths, required } = authFilePaths(environment);
  const answers = new Map<string, Promise<Credentials>>();

  /** A helper may ask the user something, so it is asked once. */
  function ask(call: HelperCall, signal: AbortSignal): Promise<Credentials> {
    const key = `${call.helper} ${call.server}`;
    const answer = answers.get(key) ?? askHelper(call, { environment, signal });
    answers.set(key, answer);
    return answer;
  }

  async function find(reference: Reference, signal: AbortSignal): Promise<Credentials> {
    for (const path of paths) {
      const file = await readAuthFile(path, { required });
      const found = file === undefined ? undefined : lookUp(file, reference);
      if (found === undefined) continue;
      const credentials = found.kind === "helper" ? await ask(found, signal) : found;
      if (credentials.kind !== "anonymous") return credentials;
    }
    return { kind: "anonymous" };
  }

  return { find, places: paths };
}

/**
 * The files to look at, in order. REGISTRY_AUTH_FILE alone when it is set, and then it must be there; else podman's file
 * of this login session, podman's lasting one, docker's (containers-auth.json(5)).
 */
export function authFilePaths(environment: Environment): {
  readonly paths: readonly string[];
  readonly required: boolean;
} {
  const named = environment["REGISTRY_AUTH_FILE"];
  if (named !== undefined && named !== "") return { paths: [named], required: true };
  const home = environment["HOME"] || homedir();
  const runtime = environment["XDG_RUNTIME_DIR"] || `/run/containers/${process.getuid?.() ?? 0}`;
  const session = environment["XDG_RUNTIME_DIR"]
    ? join(runtime, "containers", "auth.json")
    : join(runtime, "auth.json");
  const lasting = join(environment["XDG_CONFIG_HOME"] || join(home, ".config"), "containers", "auth.json");
  const docker = join(environment["DOCKER_CONFIG"] || join(home, ".docker"), "config.json");
  return { paths: [session, lasting, docker], required: false };
}
