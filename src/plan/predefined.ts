import { formatPlatform } from "../oci/platform.ts";
import type { PlanOptions } from "./options.ts";

const proxyNames = ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"];
const platformNames = ["PLATFORM", "OS", "OSVERSION", "ARCH", "VARIANT"];

/** Build arguments that need no ARG: https://docs.docker.com/reference/dockerfile/#predefined-args */
export const predefinedNames: ReadonlySet<string> = new Set([
  ...proxyNames.flatMap((name) => [name, name.toLowerCase()]),
  ...["BUILD", "TARGET"].flatMap((side) => platformNames.map((name) => side + name)),
  "TARGETSTAGE",
  "SOURCE_DATE_EPOCH",
]);

/** Arguments that are no variables: they steer the scan for an SBOM. */
export const unexportedNames: ReadonlySet<string> = new Set(["BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE"]);

/** The global arguments that BuildKit declares by itself; a build argument of the same name replaces them. */
export function platformArgs(options: PlanOptions, targetStage: string): Map<string, string> {
  const { platform, buildPlatform } = options;
  const values = new Map([
    ["BUILDPLATFORM", formatPlatform(buildPlatform)],
    ["BUILDOS", buildPlatform.os],
    ["BUILDOSVERSION", buildPlatform.osVersion ?? ""],
    ["BUILDARCH", buildPlatform.architecture],
    ["BUILDVARIANT", buildPlatform.variant ?? ""],
    ["TARGETPLATFORM", formatPlatform(platform)],
    ["TARGETOS", platform.os],
    ["TARGETOSVERSION", platform.osVersion ?? ""],
    ["TARGETARCH", platform.architecture],
    ["TARGETVARIANT", platform.variant ?? ""],
    ["TARGETSTAGE", targetStage],
  ]);
  for (const name of values.keys()) {
    const given = options.buildArgs.get(name);
    if (given !== undefined) values.set(name, given);
  }
  return values;
}

/**
 * The proxies among the build arguments, `NAME=value` in both spellings: RUN sees them without ARG, and they count neither
 * for the cache nor in the history.
 */
export function proxyVariables(buildArgs: ReadonlyMap<string, string>): Map<string, string> {
  const variables = new Map<string, string>();
  for (const name of proxyNames) {
    const value = buildArgs.get(name) ?? buildArgs.get(name.toLowerCase());
    if (value === undefined) continue;
    variables.set(name, value);
    variables.set(name.toLowerCase(), value);
  }
  return variables;
}
