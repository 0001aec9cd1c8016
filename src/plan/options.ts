import type { Dockerfile } from "../instructions/dockerfile.ts";
import type { NamedLocation } from "../location/location.ts";
import type { ResolvedImage } from "../oci/image.ts";
import type { LineRange, OciBuildError } from "../errors.ts";
import type { Platform } from "../oci/platform.ts";
import { errorOf } from "../syntax/problem.ts";

export interface PlanOptions {
  /** Name or index of the stage to build; the last one without it. */
  readonly target?: string | undefined;
  /** `--build-arg NAME=VALUE`; an empty value is a value. */
  readonly buildArgs: ReadonlyMap<string, string>;
  /** Labels of the target, over those of the Dockerfile. */
  readonly labels?: ReadonlyMap<string, string> | undefined;
  readonly platform: Platform;
  /** The platform that the build runs on. */
  readonly buildPlatform: Platform;
  /** `--network`: for each RUN that has no --network of its own. */
  readonly network?: "default" | "host" | "none" | "private" | undefined;
  /** `--add-host`: the names that each RUN finds in its /etc/hosts. */
  readonly extraHosts?: readonly string[] | undefined;
  /** Seconds since 1970, when the user set SOURCE_DATE_EPOCH: RUN sees it. */
  readonly sourceDateEpoch?: number | undefined;
  /** What `--build-context` puts in the place of stages and images, by `contextName`. */
  readonly contexts?: ReadonlyMap<string, NamedLocation> | undefined;
  /** The time of what SOURCE_DATE_EPOCH names, in seconds since 1970; undefined where that has none. */
  readonly sourceTime?: number | undefined;
}

/** The images that are known by now, by the name that `imagesNeeded` asked for. */
export type ImageLookup = (name: string, platform: Platform) => ResolvedImage | undefined;

interface Fault {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** An error at lines of the Dockerfile. */
export function planError(dockerfile: Dockerfile, lines: LineRange, fault: Fault): OciBuildError {
  const range = { start: { line: lines.start, column: 1 }, end: { line: lines.end, column: 1 } };
  return errorOf(dockerfile.source, { code: fault.code, message: fault.message, hint: fault.hint, range }, fault.cause);
}
