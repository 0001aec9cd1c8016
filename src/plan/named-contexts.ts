import { OciBuildError } from "../errors.ts";
import { contextName, formatImageLocation } from "../location/location.ts";
import type { Platform } from "../oci/platform.ts";
import type { PlanOptions } from "./options.ts";
import type { StageReference } from "./stages.ts";

/**
 * What `--build-context` puts in the place of a name: it goes before stages and images
 * (https://docs.docker.com/reference/cli/docker/buildx/build/#build-context). Undefined for other names.
 */
export function namedContext(
  name: string,
  platform: Platform,
  { contexts }: Pick<PlanOptions, "contexts">,
): StageReference | undefined {
  if (contexts === undefined || contexts.size === 0) return undefined;
  const key = keyOf(name);
  const location = key === undefined ? undefined : contexts.get(key);
  if (key === undefined || location === undefined) return undefined;
  if (location.kind !== "image" && location.kind !== "layout") return { kind: "context", name: key };
  if (location.kind === "image" && location.name === "scratch") return { kind: "scratch" };
  return { kind: "image", name: formatImageLocation(location), platform };
}

/** Not every text that may stand for a stage is the name of an image. */
function keyOf(name: string): string | undefined {
  try {
    return contextName(name.toLowerCase());
  } catch (error) {
    if (error instanceof OciBuildError) return undefined;
    throw error;
  }
}
