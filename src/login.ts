import { parseReference } from "./oci/reference.ts";
import { OciBuildError } from "./errors.ts";
import { forgetLogin, keepLogin, type Login, loginFile } from "./registry/login-file.ts";
import { createRegistry } from "./registry/registry.ts";

export interface LoginOptions {
  /** `HOST[:PORT]`, or docker.io. */
  readonly registry: string;
  readonly insecureRegistries: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** Where a login is kept. */
export interface KeptLogin {
  readonly path: string;
  /** The credential helper that has it; without one the file has it as it is. */
  readonly helper: string | undefined;
}

/**
 * Asks a registry whether it accepts a login, and keeps it for later.
 * @throws OciBuildError `login-refused`, `registry-…`, `credential…`; nothing is kept then
 */
export async function login(options: LoginOptions, given: Login): Promise<KeptLogin> {
  const { environment, insecureRegistries, signal } = options;
  const host = registryOf(options.registry);
  const credentials = { find: () => Promise.resolve({ kind: "password", ...given } as const), places: [] };
  const registry = createRegistry({ environment, signal, insecureRegistries, credentials });
  try {
    await registry.checkLogin(host, given.username);
  } finally {
    registry.close();
  }
  const path = loginFile(environment);
  return { path, helper: await keepLogin(host, given, { path, environment, signal }) };
}

/** Forgets the login for a registry. @returns whether there was one. @throws OciBuildError `credential…` */
export function logout({ registry, environment, signal }: LoginOptions): Promise<boolean> {
  return forgetLogin(registryOf(registry), { path: loginFile(environment), environment, signal });
}

/** Takes what people write: a host, also with https:// in front or a path behind. @throws OciBuildError `registry-invalid` */
function registryOf(text: string): string {
  const host = text.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
  if (host === "docker.io" || host === "index.docker.io" || host === "registry-1.docker.io") return "docker.io";
  try {
    const { registry } = parseReference(`${host}/x`);
    if (registry === host) return host;
  } catch (error) {
    if (!(error instanceof OciBuildError)) throw error;
  }
  throw new OciBuildError("registry-invalid", `${JSON.stringify(text)} is no registry`, {
    hint: "write HOST or HOST:PORT, such as ghcr.io or localhost:5000",
  });
}
