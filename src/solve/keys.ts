import type { DiffId } from "../oci/digest.ts";
import type { Json } from "../oci/canonical-json.ts";
import { canonicalJson } from "../oci/canonical-json.ts";
import type { Mount } from "../plan/mount.ts";
import type { CopyPart, CopyStep, RunStep, WorkdirStep } from "../plan/step.ts";

/** A step that makes a layer. */
export type LayerStep = RunStep | CopyStep | WorkdirStep;

/** The layers of a file system, bottom first. */
export type Chain = readonly DiffId[];

/** What a step's result depends on beside its own definition. */
export interface Surroundings {
  /** The file system below the step, by what the steps before it *produced*: running one again to the same result changes nothing. */
  readonly chain: Chain;
  /** Seconds since 1970 to which new times are clamped; undefined keeps the clock's. */
  readonly epoch: number | undefined;
  /** What a COPY or ADD reads. */
  readonly copied?: Copied | undefined;
  /** Digests of what a RUN's mounts show, in their order; undefined for those whose content does not count. */
  readonly mounted?: readonly (string | undefined)[] | undefined;
}

export interface Copied {
  /** Digest of the content of each part. */
  readonly contents: readonly string[];
  /** The owner by number, where the step's layer must not depend on the accounts below it. */
  readonly owner?: string | undefined;
}

/** Change it when the same inputs come to give another layer. */
const GENERATION = 1;

/**
 * The inputs of a step's cache key, as canonical JSON (DESIGN: content counts, times, secrets and proxies do not).
 * Labels, CMD and the like are absent: they do not change what a RUN sees.
 */
export function stepInputs(step: LayerStep, { chain, epoch, copied, mounted }: Surroundings): string {
  const { contents, owner } = copied ?? {};
  return canonicalJson({
    generation: GENERATION,
    ...definitionOf(step, mounted),
    ...(owner && { owner }),
    contents,
    epoch,
    chain,
  });
}

/** What a step's layer is made on: an independent one (`--link`) on nothing, so that another base leaves it as it is. */
export function chainBelow(step: LayerStep, chain: Chain): Chain {
  return step.kind === "copy" && step.link ? [] : chain;
}

function definitionOf(step: LayerStep, mounted: Surroundings["mounted"]): { readonly [key: string]: Json | undefined } {
  switch (step.kind) {
    case "run": {
      const { kind, argv, env, cwd, user, network, extraHosts, hostname, script, mounts } = step;
      const shown = mounts.map((mount, index) => mountDefinition(mount, mounted?.[index]));
      return {
        kind,
        argv,
        env,
        cwd,
        user,
        network,
        // The names alone, as in BuildKit: the same step on another machine is the same.
        extraHosts,
        hostname,
        ...(script && { script: script.content }),
        ...(shown.length > 0 && { mounts: shown }),
      };
    }
    case "copy":
      return {
        kind: step.kind,
        parts: step.parts.map(partDefinition),
        destination: step.destination,
        owner: step.owner,
        mode: step.mode,
        link: step.link,
      };
    case "workdir":
      return { kind: step.kind, path: step.path, user: step.user };
  }
}

/**
 * What of a mount counts: where and how it is mounted, and what a bind shows, but not what is in a cache, nor a secret, nor
 * whether there is one (inventory, traps 97 and 100).
 */
function mountDefinition(mount: Mount, content: string | undefined): Json {
  const { kind } = mount;
  switch (kind) {
    case "bind":
      return {
        kind,
        target: mount.target,
        writable: mount.writable,
        keepOwner: mount.from.kind !== "context",
        content: content ?? null,
      };
    case "cache":
      return { kind, id: mount.id, target: mount.target, readOnly: mount.readOnly };
    case "tmpfs":
      return { kind, target: mount.target, size: mount.size ?? null, readOnly: mount.readOnly };
    case "secret":
      return { kind, id: mount.id, target: mount.target ?? null, env: mount.env ?? null };
    case "ssh":
      return { kind, id: mount.id, target: mount.target };
  }
}

/** What of a part counts beside its content: what the same content would be copied differently for. */
function partDefinition(part: CopyPart): Json {
  switch (part.kind) {
    case "paths":
      return { kind: part.kind, parents: part.parents, unpack: part.unpack, keepOwner: keepsOwner(part) };
    case "inline":
      return { kind: part.kind, name: part.file.name };
    case "url":
      return { kind: part.kind, name: part.name, unpack: part.unpack };
    case "git":
      // What is kept, and of which repository, stands in its content.
      return { kind: part.kind };
  }
}

/** Whether what is copied keeps its owner: files of another stage or image do, all others become root's. */
export function keepsOwner(part: CopyPart): boolean {
  return part.kind === "paths" && part.from.kind !== "context";
}

/** The inputs that decide what a part selects from other layers. */
export function selectionInputs(part: CopyPart & { kind: "paths" }, exclude: readonly string[], source: Chain): string {
  const { patterns, parents } = part;
  return canonicalJson({ generation: GENERATION, patterns, parents, exclude, chain: source });
}

/** The inputs that decide which numbers an owner by name has. */
export function ownerInputs(owner: string, accounts: Chain): string {
  return canonicalJson({ generation: GENERATION, owner, chain: accounts });
}
