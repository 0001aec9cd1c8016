import { OciBuildError } from "../errors.ts";
import { formatPlatform, parsePlatform, type Platform } from "../oci/platform.ts";
import type { SourceRange } from "../syntax/source.ts";
import { type LookedUp, lookUp } from "./lookup.ts";
import type { Remark } from "./rule.ts";
import type { FileSubject, StageSubject } from "./subject.ts";

/** InvalidBaseImagePlatform: a base image is for another system or processor than the one that is asked for. */
export function invalidBaseImagePlatform({ base, source: { from } }: StageSubject): readonly Remark[] {
  if (base.kind !== "image" || base.image === undefined) return [];
  const { platform: actual } = base.image;
  const expected = base.platform;
  if (actual.os === expected.os && actual.architecture === expected.architecture) return [];
  const found = JSON.stringify(formatPlatform(actual));
  const wanted = JSON.stringify(formatPlatform(expected));
  const message = `Base image ${base.name} was pulled with platform ${found}, expected ${wanted} for current build`;
  return [{ message, range: from.node.range }];
}

/** RedundantTargetPlatform: an image is for the target's platform anyway. */
export function redundantTargetPlatform(file: FileSubject): readonly Remark[] {
  return platformFlags(file).flatMap(({ written, found, range }) => {
    const { matched, missing, text } = found;
    if (matched.size !== 1 || !matched.has("TARGETPLATFORM") || missing.size > 0) return [];
    if (text !== file.globals.get("TARGETPLATFORM")) return [];
    const message = `Setting platform to predefined ${written} in FROM is redundant as this is the default behavior`;
    return [{ message, range }];
  });
}

/** FromPlatformFlagConstDisallowed: a fixed platform keeps a stage from being built for others, unless its name says so. */
export function fromPlatformFlagConstDisallowed(file: FileSubject): readonly Remark[] {
  return platformFlags(file).flatMap(({ stageName, found, range }) => {
    if (found.matched.size + found.missing.size > 0) return [];
    const platform = platformOf(found.text, file.options.platform);
    if (platform === undefined) return [];
    if (stageName.includes(platform.os) || stageName.includes(platform.architecture)) return [];
    const message = `FROM --platform flag should not use constant value ${JSON.stringify(found.text)}`;
    return [{ message, range }];
  });
}

interface PlatformFlag {
  readonly stageName: string;
  readonly written: string;
  readonly found: LookedUp;
  readonly range: SourceRange;
}

function platformFlags({ dockerfile, globals, stages }: FileSubject): readonly PlatformFlag[] {
  return stages.flatMap(({ source: { from } }) => {
    const { platform: written, name: stageName = "", node } = from;
    const found = written === undefined ? undefined : lookUp(written, globals, dockerfile.escape);
    if (written === undefined || found === undefined) return [];
    const range = node.flags.find(({ name }) => name === "platform")?.range ?? node.range;
    return [{ stageName, written, found, range }];
  });
}

function platformOf(text: string, standard: Platform): Platform | undefined {
  try {
    return parsePlatform(text, standard);
  } catch (error) {
    if (error instanceof OciBuildError) return undefined;
    throw error;
  }
}
