import type { Foreign } from "./lock/pins.ts";
import { layoutOf, type NamedLocation } from "./location/location.ts";
import { formatReference, parseReference } from "./oci/reference.ts";
import type { ImageNeed } from "./plan/plan.ts";
import type { GitPart, Plan, UrlPart } from "./plan/step.ts";

/** The images that come from registries. What is in a layout lies on this machine, as directories do. */
export function foreignImages(needs: readonly ImageNeed[]): readonly Foreign[] {
  return needs
    .filter(({ name }) => layoutOf(name) === undefined)
    .map(({ name, platform }) => ({ kind: "image", name: formatReference(parseReference(name)), platform }));
}

/** What ADD and named contexts take from elsewhere, but for what the Dockerfile pins itself. */
export function foreignTrees(plan: Plan, contexts: ReadonlyMap<string, NamedLocation>): readonly Foreign[] {
  const parts = foreignParts(plan).flatMap((part): readonly Foreign[] => {
    if (part.kind === "git") return isPinned(part.location.ref) ? [] : [{ kind: "commit", location: part.location }];
    return part.checksum === undefined ? [{ kind: "url", url: part.url }] : [];
  });
  const named = [...contexts.values()].flatMap((location): readonly Foreign[] => {
    if (location.kind === "http") return [{ kind: "url", url: location.url }];
    return location.kind === "git" && !isPinned(location.git.ref) ? [{ kind: "commit", location: location.git }] : [];
  });
  return [...parts, ...named];
}

/** What the ADDs of a plan fetch. */
export function foreignParts(plan: Plan): readonly (UrlPart | GitPart)[] {
  return plan.stages.flatMap(({ steps }) =>
    steps.flatMap((step) =>
      step.kind === "copy" ? step.parts.filter((part) => part.kind === "url" || part.kind === "git") : [],
    ),
  );
}

function isPinned(ref: string | undefined): boolean {
  return ref !== undefined && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(ref);
}
