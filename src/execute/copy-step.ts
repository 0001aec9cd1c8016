import { createHash } from "node:crypto";
import { join } from "node:path";
import { unreachable } from "../errors.ts";
import type { Selection } from "../helper/messages.ts";
import { cacheKeyOf, digestOf } from "../oci/hash.ts";
import type { CopyPart, CopyStep } from "../plan/step.ts";
import { type Chain, keepsOwner, selectionInputs } from "../solve/keys.ts";
import type { StepWork } from "../solve/solve.ts";
import { findContent, rememberContent } from "../store/steps.ts";
import type { ExecutorOptions } from "./executor.ts";
import { requirePlace } from "./place.ts";
import { lowersOf, withInlineFile, withMount } from "./rootfs.ts";

/** A COPY or ADD that is carried out. */
export interface Copying {
  readonly step: CopyStep;
  readonly work: StepWork;
  readonly options: ExecutorOptions;
}

/** Copies all parts of a step into the file system at `root`, one after the other. */
export async function copyInto(root: string, copying: Copying): Promise<void> {
  const { step, options } = copying;
  const { destination, owner, mode } = step;
  for (const part of step.parts)
    await withSelection(part, copying, async (selection) => {
      const keepOwner = keepsOwner(part);
      await options.store.session.call("copy", { selection, root, destination, owner, mode, keepOwner });
    });
}

/** Digest of what a part copies: for files of what it selects, with their names and modes, without their times. */
export async function contentOf(part: CopyPart, copying: Copying): Promise<string> {
  switch (part.kind) {
    case "inline":
      return digestOf(part.file.content);
    case "paths": {
      const source = copying.work.filesOf(part.from);
      return source === undefined ? digestContext(part, copying) : digestLayers(part, source, copying);
    }
    case "url":
    case "git":
      throw refused(part);
    default:
      return unreachable(part);
  }
}

async function digestContext(part: PathsPart, copying: Copying): Promise<string> {
  const { store, context } = copying.options;
  const name = createHash("sha256").update(context.directory).digest("hex");
  const statCache = join(store.paths.statCaches, name);
  return withSelection(part, copying, async (selection) => {
    const { digest } = await store.session.call("digest", { selection, ownership: false, statCache });
    return digest;
  });
}

async function digestLayers(part: PathsPart, source: Chain, copying: Copying): Promise<string> {
  const { store } = copying.options;
  const key = cacheKeyOf(selectionInputs(part, copying.step.exclude, source));
  const known = await findContent(store.paths, key);
  if (known !== undefined) return known;
  requirePlace(store);
  return withSelection(part, copying, async (selection) => {
    const { digest } = await store.session.call("digest", { selection, ownership: true });
    await rememberContent(store.paths, key, digest);
    return digest;
  });
}

type PathsPart = Extract<CopyPart, { kind: "paths" }>;

/** Lays out what a part copies, for as long as `use` works with it. */
async function withSelection<T>(
  part: CopyPart,
  { step, work, options }: Copying,
  use: (selection: Selection) => Promise<T>,
): Promise<T> {
  const { exclude } = step;
  switch (part.kind) {
    case "inline":
      return withInlineFile(options.store, part.file, (root) =>
        use({ root, sources: [literal(part.file.name)], exclude, ignore: [] }),
      );
    case "paths": {
      const source = work.filesOf(part.from);
      const sources = part.patterns;
      if (source === undefined) {
        const { directory, ignore } = options.context;
        return use({ root: directory, sources, exclude, ignore });
      }
      const lowers = await lowersOf(options.supply, source);
      return withMount(options.store, lowers, (root) => use({ root, sources, exclude, ignore: [] }));
    }
    case "url":
    case "git":
      throw refused(part);
    default:
      return unreachable(part);
  }
}

/** A name as a pattern that matches it alone. */
function literal(name: string): string {
  return name.replace(/[\\*?[]/g, "\\$&");
}

/** The plan refuses these by name. */
function refused(part: CopyPart): TypeError {
  return new TypeError(`a part of the kind ${part.kind} is carried out nowhere yet`);
}
