import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { RunMount } from "../../helper/messages.ts";
import type { BindMount } from "../../plan/mount.ts";
import type { CopyStep, RunStep } from "../../plan/step.ts";
import { contentOf, copyInto, literal } from "../copy-step.ts";
import { isBare } from "../place.ts";
import { lowersOf, withScratch } from "../rootfs.ts";
import type { Mounting } from "./run-mounts.ts";

/** Where in a directory of its own the copied part of the build context lies. */
const COPIED = "/bound";

/** Digest of what a bind mount shows. */
export function boundContent(mount: BindMount, { step, work, options }: Mounting): Promise<string> {
  const copy = copyOf(mount, step, COPIED);
  const [part] = copy.parts;
  if (part === undefined) throw new TypeError("a bind mount copies nothing");
  return contentOf(part, { step: copy, work, options });
}

/**
 * Makes the tree of a bind mount ready. Layers are mounted anew, with a top to be thrown away where the RUN may write. Of
 * the build context the bound part is copied: then it shows what a COPY would (owners, .dockerignore), the RUN's writes go
 * nowhere, and nothing that a RUN does can reach the user's own files. Where nothing can be mounted, layers are copied, too.
 */
export async function withBind<T>(
  mount: BindMount,
  mounting: Mounting,
  use: (mount: RunMount) => Promise<T>,
): Promise<T> {
  const { store, supply, roots } = mounting.options;
  const { target, source, writable } = mount;
  const chain = mounting.work.filesOf(mount.from);
  const bind = (tree: string, inside: string): Promise<T> =>
    use({ kind: "bind", target, tree, source: inside, readOnly: !writable });
  if (chain === undefined || isBare(store))
    return withScratch(store, async (scratch) => {
      const tree = join(scratch, "context");
      await mkdir(tree);
      await copyInto(tree, { ...mounting, step: copyOf(mount, mounting.step, COPIED) });
      return bind(tree, COPIED);
    });
  const lowers = await lowersOf(supply, chain);
  return writable
    ? roots.writing(lowers, (root) => bind(root, source))
    : roots.reading(lowers, (root) => bind(root, source));
}

/** The COPY that takes a whole tree, or one file of it, to `destination`. */
export function copyOf(
  { from, source }: Pick<BindMount, "from" | "source">,
  { title, lines, createdBy }: RunStep,
  destination: string,
): CopyStep {
  return {
    kind: "copy",
    title,
    lines,
    createdBy,
    parts: [{ kind: "paths", from, patterns: [literal(source)], parents: false, unpack: false }],
    destination,
    exclude: [],
    link: false,
  };
}
