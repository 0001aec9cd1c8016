import { createHash } from "node:crypto";
import { join } from "node:path";
import type { ContextTree } from "../context/tree.ts";
import { OciBuildError, unreachable } from "../errors.ts";
import { layerLimits } from "../helper/layer-limits.ts";
import type { Selection } from "../helper/messages.ts";
import { canonicalJson } from "../oci/canonical-json.ts";
import { cacheKeyOf, digestOf } from "../oci/hash.ts";
import type { CopyPart, CopyStep } from "../plan/step.ts";
import { type Chain, keepsOwner, ownerInputs, selectionInputs } from "../solve/keys.ts";
import type { StepWork } from "../solve/executor.ts";
import { findContent, findOwner, rememberContent, rememberOwner } from "../store/steps.ts";
import type { BuildHistory } from "./build-history.ts";
import type { ExecutorOptions } from "./executor.ts";
import { requirePlace } from "./place.ts";
import { lowersOf, withInlineFile } from "./rootfs.ts";

/** A COPY or ADD that is carried out. */
export interface Copying {
  readonly step: CopyStep;
  readonly work: StepWork;
  readonly options: ExecutorOptions;
  /** Hears which files a part selects from a context. */
  readonly history?: BuildHistory | undefined;
}

/** What a part of a context was when a step's key was made. */
const digested = new WeakMap<CopyPart, string>();

/** Copies all parts of a step into the file system at `root`, one after the other. */
export async function copyInto(root: string, copying: Copying): Promise<void> {
  const { step, options } = copying;
  const { destination, owner, mode } = step;
  for (const part of step.parts)
    await withSelection(part, copying, async (selection) => {
      const keepOwner = keepsOwner(part);
      const unpacks = (part.kind === "paths" || part.kind === "url") && part.unpack;
      const unpack = unpacks ? layerLimits(process.env) : undefined;
      await options.store.session.call("copy", { selection, root, destination, owner, mode, keepOwner, unpack });
      await mustBeUnchanged(part, copying);
    });
}

/** What was copied must be what the step's key says, or the cache would give it to whoever has the old content again. */
async function mustBeUnchanged(part: CopyPart, copying: Copying): Promise<void> {
  const before = digested.get(part);
  if (before === undefined || part.kind !== "paths" || (await digestContext(part, copying)).digest === before) return;
  const { directory } = await contextOf(part, copying);
  throw new OciBuildError("context-changed", `files of ${directory} changed while they were copied`, {
    hint: "build again when nothing writes to them any more",
  });
}

/** Digest of what a part copies: for files of what it selects, with their names and modes, without their times. */
export async function contentOf(part: CopyPart, copying: Copying): Promise<string> {
  switch (part.kind) {
    case "inline":
      return digestOf(part.file.content);
    case "paths": {
      const source = copying.work.filesOf(part.from);
      if (source !== undefined) return digestLayers(part, source, copying);
      const { digest, entries } = await digestContext(part, copying);
      if (entries === 0) tellUnmatched(part, copying);
      // What was fetched and unpacked for this build is nobody else's to change.
      if ((await contextOf(part, copying)).lasting) digested.set(part, digest);
      return digest;
    }
    case "url":
    case "git":
      return withoutExcluded(await copying.options.sources.remote.contentOf(part), copying.step);
    default:
      return unreachable(part);
  }
}

/** The owner `user[:group]` by numbers: names are those of the accounts of a file system, which is asked once. */
export async function ownerOf(
  owner: string,
  accounts: Chain,
  { store, supply, roots, caches }: ExecutorOptions,
): Promise<string> {
  if (/^\d+(:\d+)?$/.test(owner)) return owner;
  const key = cacheKeyOf(ownerInputs(owner, accounts));
  const here = await findOwner(store.paths, key);
  const resolve = async (): Promise<string> => {
    requirePlace(store);
    const lowers = await lowersOf(supply, accounts);
    const { uid, gid } = await roots.reading(lowers, (root) => store.session.call("resolveOwner", { root, owner }));
    return `${uid}:${gid}`;
  };
  const numbers = here ?? (await caches?.findOwner(key)) ?? (await resolve());
  if (here === undefined) await rememberOwner(store.paths, key, numbers);
  caches?.use(key, { kind: "owner", owner: numbers });
  return numbers;
}

/** What comes from elsewhere is known before it is here, and so before anything can be left out of it. */
function withoutExcluded(content: string, { exclude }: CopyStep): string {
  return exclude.length === 0 ? content : digestOf(canonicalJson({ content, exclude }));
}

async function digestContext(part: PathsPart, copying: Copying): Promise<{ digest: string; entries: number }> {
  const { store } = copying.options;
  const { directory, lasting } = await contextOf(part, copying);
  const name = createHash("sha256").update(directory).digest("hex");
  const statCache = lasting ? join(store.paths.statCaches, name) : undefined;
  return withSelection(part, copying, async (selection) => {
    const { history } = copying;
    const index = copying.step.parts.indexOf(part);
    const { known, path: listing } = history?.listing(copying.work.place, index) ?? {};
    const params = { selection, ownership: false, statCache, known, listing };
    const { digest, entries } = await store.session.call("digest", params);
    history?.listed(copying.work.place, index, digest);
    return { digest, entries };
  });
}

async function digestLayers(part: PathsPart, source: Chain, copying: Copying): Promise<string> {
  const { store, caches } = copying.options;
  const key = cacheKeyOf(selectionInputs(part, copying.step.exclude, source));
  const here = await findContent(store.paths, key);
  const look = (): Promise<string> => {
    requirePlace(store);
    return withSelection(part, copying, async (selection) => {
      const { digest, entries } = await store.session.call("digest", { selection, ownership: true });
      if (entries === 0) tellUnmatched(part, copying);
      return digest;
    });
  };
  const digest = here ?? (await caches?.findContent(key)) ?? (await look());
  if (here === undefined) await rememberContent(store.paths, key, digest);
  caches?.use(key, { kind: "content", digest });
  return digest;
}

/** A pattern may match nothing, which is more often a mistake than meant. */
function tellUnmatched({ patterns }: PathsPart, { step, options }: Copying): void {
  if (!patterns.every((pattern) => /[*?[]/.test(pattern))) return;
  options.events({ kind: "warning", message: `nothing matches ${patterns.join(" ")}: ${step.title} copies no file` });
}

function contextOf({ from }: PathsPart, { options: { sources } }: Copying): Promise<ContextTree> {
  return sources.contexts.tree(from.kind === "context" ? from.name : undefined);
}

type PathsPart = Extract<CopyPart, { kind: "paths" }>;

/** Lays out what a part copies, for as long as `use` works with it. */
async function withSelection<T>(
  part: CopyPart,
  copying: Copying,
  use: (selection: Selection) => Promise<T>,
): Promise<T> {
  const { step, work, options } = copying;
  const { exclude } = step;
  switch (part.kind) {
    case "inline":
      return withInlineFile(options.store, part.file, (root) =>
        use({ root, sources: [literal(part.file.name)], exclude, ignore: [], parents: false }),
      );
    case "paths": {
      const source = work.filesOf(part.from);
      const { patterns: sources, parents } = part;
      if (source === undefined) {
        const { directory, ignore } = await contextOf(part, copying);
        return use({ root: directory, sources, exclude, ignore, parents });
      }
      const lowers = await lowersOf(options.supply, source);
      return options.roots.reading(lowers, (root) => use({ root, sources, exclude, ignore: [], parents }));
    }
    case "url":
      return options.sources.remote.withFile(part, (root) =>
        use({ root, sources: [literal(part.name)], exclude, ignore: [], parents: false }),
      );
    case "git":
      return use({
        root: await options.sources.remote.treeOf(part),
        sources: ["/"],
        exclude,
        ignore: [],
        parents: false,
      });
    default:
      return unreachable(part);
  }
}

/** A name as a pattern that matches it alone; without a wildcard a backslash is itself. */
export function literal(name: string): string {
  return /[*?[]/.test(name)
    ? name.replace(/[*?[\\]/g, (character) => (character === "\\" ? "\\\\" : `[${character}]`))
    : name;
}
