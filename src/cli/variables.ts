import { usageError } from "./usage-error.ts";

/**
 * Reads `NAME=value` and bare `NAME`, which takes its value from the environment and is left out when it is not set
 * there, as docker does for `--build-arg` and `-e`. The last value of a name counts.
 * @throws OciBuildError `usage`
 */
export function readVariables(
  flag: string,
  entries: readonly string[],
  env: NodeJS.ProcessEnv,
): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  for (const entry of entries) {
    const equals = entry.indexOf("=");
    const name = equals < 0 ? entry : entry.slice(0, equals);
    if (name === "")
      throw usageError(`${flag}: ${JSON.stringify(entry)} has no name`, `write ${flag} NAME=value or ${flag} NAME`);
    const value = equals < 0 ? env[name] : entry.slice(equals + 1);
    if (value !== undefined) variables.set(name, value);
  }
  return variables;
}
