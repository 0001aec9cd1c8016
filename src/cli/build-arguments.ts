import { readVariables } from "./variables.ts";

/** The user's SOURCE_DATE_EPOCH counts as a build argument, as with buildx (https://reproducible-builds.org/specs/source-date-epoch/). */
export function buildArguments(entries: readonly string[], env: NodeJS.ProcessEnv): ReadonlyMap<string, string> {
  const given = readVariables("--build-arg", entries, env);
  const epoch = env["SOURCE_DATE_EPOCH"] ?? "";
  return epoch === "" || given.has("SOURCE_DATE_EPOCH") ? given : new Map([...given, ["SOURCE_DATE_EPOCH", epoch]]);
}
