import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { messageOf, OciBuildError } from "../errors.ts";
import { JsonChecks, type JsonObject } from "../oci/json.ts";
import { parseByteSize } from "../plan/byte-size.ts";
import type { CollectionPolicy } from "../store/room/collect.ts";
import { parseAge } from "./age-text.ts";

/** What a user sets once for all builds. */
export interface Configuration {
  readonly gc: CollectionPolicy;
}

/** Without a word of the user, what no build has used for two months goes. */
const defaults: Configuration = { gc: { unusedFor: 60 * 86_400_000 } };

/** Where the configuration is. A relative XDG_CONFIG_HOME does not count, as its specification says. */
export function configFile(env: NodeJS.ProcessEnv): string {
  const chosen = env["OCI_BUILD_CONFIG"];
  if (chosen !== undefined && chosen !== "") return chosen;
  const config = env["XDG_CONFIG_HOME"];
  const base = config !== undefined && isAbsolute(config) ? config : join(env["HOME"] || homedir(), ".config");
  return join(base, "oci-build", "config.json");
}

/**
 * Reads the configuration; the defaults when there is no file.
 * @throws OciBuildError `config-invalid`, also for a key that means nothing, and `config-unreadable`
 */
export async function readConfiguration(env: NodeJS.ProcessEnv): Promise<Configuration> {
  const file = configFile(env);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return defaults;
    // HOME may be another user's, after sudo and its like: what lies there is not for this one.
    if (code === "EACCES" && file !== env["OCI_BUILD_CONFIG"]) return defaults;
    throw new OciBuildError("config-unreadable", `cannot read ${file}: ${messageOf(cause)}`, { cause });
  }
  return parseConfiguration(bytes, file);
}

function parseConfiguration(bytes: Uint8Array, file: string): Configuration {
  const checks = new JsonChecks("config-invalid", file);
  const document = checks.object(checks.parse(bytes), "the file");
  refuseUnknown(document, { known: ["gc"], where: "", checks });
  const { gc } = document;
  if (gc === undefined) return defaults;
  if (gc === false) return { gc: {} };
  const policy = checks.object(gc, "gc");
  refuseUnknown(policy, { known: ["unusedFor", "keepStorage"], where: "gc.", checks });
  const read = (key: string, parse: (text: string) => number | undefined, example: string): number | undefined => {
    if (policy[key] === undefined) return undefined;
    const amount = parse(checks.string(policy[key], `gc.${key}`));
    if (amount === undefined) throw checks.invalid(`gc.${key} is not like ${JSON.stringify(example)}`);
    return amount;
  };
  return {
    gc: { unusedFor: read("unusedFor", parseAge, "30d"), keepBytes: read("keepStorage", parseByteSize, "20GB") },
  };
}

interface Expected {
  readonly known: readonly string[];
  readonly where: string;
  readonly checks: JsonChecks;
}

function refuseUnknown(object: JsonObject, { known, where, checks }: Expected): void {
  for (const key of Object.keys(object))
    if (!known.includes(key)) throw checks.invalid(`${where}${key} means nothing; there is ${known.join(", ")}`);
}
