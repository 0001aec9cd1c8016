import { chmod, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { randomBytes } from "node:crypto";
import { homedir } from "node:os";
import { OciBuildError } from "../errors.ts";
import type { Environment } from "../http/proxy.ts";
import { JsonChecks, type JsonObject } from "../oci/json.ts";
import { parseAuthFile, serverKey } from "./auth-file.ts";
import { eraseFromHelper, type HelperOptions, storeInHelper } from "./credential-helper.ts";

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** Where a login is kept: the file that docker and podman read, too. */
export function loginFile(environment: Environment): string {
  const named = environment["REGISTRY_AUTH_FILE"];
  if (named !== undefined && named !== "") return named;
  const home = environment["HOME"] || homedir();
  return join(environment["DOCKER_CONFIG"] || join(home, ".docker"), "config.json");
}

/**
 * Keeps a login for a registry: with the credential helper that the file names for it, else in the file itself, as docker does.
 * Whatever else the file says stays.
 * @returns the helper's name, when one has it
 * @throws OciBuildError `credentials-unreadable`, `credentials-unwritable`, `credential-helper-…`
 */
export async function keepLogin(
  registry: string,
  login: Login,
  { path, ...options }: HelperOptions & { readonly path: string },
): Promise<string | undefined> {
  const document = await readDocument(path);
  const server = serverKey(registry);
  const helper = helperFor(document, path, registry);
  const auths = { ...(document["auths"] as JsonObject | undefined) };
  if (helper !== undefined) await storeInHelper({ kind: "helper", helper, server, file: path }, login, options);
  // With a helper docker leaves an empty entry, which says that there is a login.
  const auth = Buffer.from(`${login.username}:${login.password}`).toString("base64");
  auths[server] = helper === undefined ? { auth } : {};
  await writeDocument(path, { ...document, auths });
  return helper;
}

/** Forgets the login for a registry. @returns whether there was one. @throws OciBuildError as `keepLogin` */
export async function forgetLogin(
  registry: string,
  { path, ...options }: HelperOptions & { readonly path: string },
): Promise<boolean> {
  const document = await readDocument(path);
  const server = serverKey(registry);
  const helper = helperFor(document, path, registry);
  const erased =
    helper !== undefined && (await eraseFromHelper({ kind: "helper", helper, server, file: path }, options));
  const auths = { ...(document["auths"] as JsonObject | undefined) };
  const known = [server, registry].filter((key) => Object.hasOwn(auths, key));
  for (const key of known) Reflect.deleteProperty(auths, key);
  if (known.length > 0) await writeDocument(path, { ...document, auths });
  return erased || known.length > 0;
}

function helperFor(document: JsonObject, path: string, registry: string): string | undefined {
  const { credHelpers, credsStore } = parseAuthFile(Buffer.from(JSON.stringify(document)), path);
  return credHelpers.get(registry) ?? credsStore;
}

async function readDocument(path: string): Promise<JsonObject> {
  const checks = new JsonChecks("credentials-unreadable", path);
  try {
    return checks.object(checks.parse(await readFile(path)), "the document");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT") return {};
    if (error instanceof OciBuildError) throw error;
    throw new OciBuildError("credentials-unreadable", `cannot read the credentials in ${path}: ${code}`, {
      cause: error,
    });
  }
}

/** A whole file that only its owner may read takes the place of the one before. */
async function writeDocument(path: string, document: JsonObject): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(temporary, `${JSON.stringify(document, null, "\t")}\n`, { mode: 0o600, flag: "wx" });
    await chmod(temporary, 0o600);
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new OciBuildError("credentials-unwritable", `cannot write the credentials to ${path}`, { cause });
  }
}
