import { usageError } from "./usage-error.ts";

/**
 * Reads `--label NAME[=VALUE]`; the last value of a name counts, and one without `=` is empty, as docker has it.
 * @throws OciBuildError `usage`
 */
export function readLabels(entries: readonly string[]): ReadonlyMap<string, string> {
  return new Map(entries.map((entry) => splitPair("--label", entry)));
}

const level = /^(manifest|index|manifest-descriptor|index-descriptor)(?:\[([^\]]*)\])?:/;

/**
 * Reads `--annotation [manifest:]NAME=VALUE`. buildx knows three more places, which only an index has, and platforms behind
 * them: these are refused by name.
 * @throws OciBuildError `usage`
 */
export function readAnnotations(entries: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    entries.map((entry) => {
      const [prefix = "", place, platform] = level.exec(entry) ?? [];
      if ((place !== undefined && place !== "manifest") || platform !== undefined)
        throw usageError(
          `--annotation ${prefix.slice(0, -1)} is not supported yet: the image is a manifest without an index`,
          "write --annotation NAME=VALUE for the manifest",
        );
      if (!entry.includes("="))
        throw usageError(`--annotation: ${JSON.stringify(entry)} has no value`, "write --annotation NAME=VALUE");
      return splitPair("--annotation", entry.slice(prefix.length));
    }),
  );
}

function splitPair(flag: string, entry: string): [string, string] {
  const [name = "", ...rest] = entry.split("=");
  if (name === "") throw usageError(`${flag}: ${JSON.stringify(entry)} has no name`, `write ${flag} NAME=VALUE`);
  return [name, rest.join("=")];
}
