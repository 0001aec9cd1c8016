import { parseDockerfile } from "../../src/instructions/dockerfile.ts";
import { parseDigest } from "../../src/oci/digest.ts";
import type { ContainerConfig, ResolvedImage } from "../../src/oci/image.ts";
import type { ImageLookup, PlanOptions } from "../../src/plan/options.ts";
import { makePlan } from "../../src/plan/plan.ts";
import type { Plan, Step } from "../../src/plan/step.ts";

export const amd64 = { os: "linux", architecture: "amd64" };
export const standardOptions: PlanOptions = { buildArgs: new Map(), platform: amd64, buildPlatform: amd64 };

/** Finds every image, with this configuration. */
export function imagesWith(config: ContainerConfig = {}): ImageLookup {
  const manifestDigest = parseDigest(`sha256:${"0".repeat(64)}`);
  return (name, platform): ResolvedImage => ({
    name,
    platform,
    manifestDigest,
    layers: [],
    config: { os: platform.os, architecture: platform.architecture, config, rootfs: { type: "layers", diff_ids: [] } },
  });
}

export function planText(text: string, options: Partial<PlanOptions> = {}, images: ImageLookup = imagesWith()): Plan {
  return makePlan(parseDockerfile("Dockerfile", text), images, { ...standardOptions, ...options });
}

/** The steps of the target of a Dockerfile that goes on after `FROM scratch`. */
export function stepsOf(text: string): readonly Step[] {
  return planText(`FROM scratch\n${text}`).stages.at(-1)?.steps ?? [];
}
