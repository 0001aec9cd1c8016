import { basename, join, relative } from "node:path";
import { listCacheMounts } from "../cache-mounts.ts";
import { readIfPresent, writeAtomically } from "../durable.ts";
import { readRecord } from "../record.ts";
import { type Kept, type KeptKind, markOf } from "../uses.ts";
import type { Store } from "../store.ts";
import { type Found, filesIn, inParallel } from "./files.ts";
import type { Item, ItemKind, Need, Removal } from "./item.ts";
import { type Needs, readNeeds } from "./needs.ts";

/** What a killed writer left is nobody's after so long. */
const LEFTOVER_AFTER_MS = 3_600_000;
const ARE_DIGESTS = /^[0-9a-f]{64}$/;

/**
 * How closely to look. `closely` finds out of each layer and each record whether it is of use, which takes reading all
 * records; `records` only lists those; `things` leaves them out, of which there may be very many and small ones.
 */
export type Looking = "closely" | "records" | "things";

/** Lists all that a store holds, but for what is under way. What the index names stays, or with `unnamedStay` false only what has a name there. */
export async function takeInventory(
  store: Store,
  looking: Looking,
  { unnamedStay }: { readonly unnamedStay: boolean },
): Promise<readonly Item[]> {
  const thorough = looking === "closely";
  const needs = await readNeeds(store.paths, { withSteps: thorough, unnamedStay });
  const uses = new Map((await filesIn(store.paths.uses)).map(({ name, modified }) => [name, modified]));
  const view = new View(store, needs, uses);
  const blobs = new Map((await filesIn(store.paths.blobs)).map((file) => [file.name, file]));
  const layers = new Map((await filesIn(store.paths.layers)).map((file) => [file.name, file]));
  return [
    ...(await layersOf(view, { blobs, layers, thorough })),
    ...(await blobsOf(view, blobs)),
    ...(await treesOf(view)),
    ...(await downloadsOf(view)),
    ...(await mountsOf(store)),
    ...(looking === "things" ? [] : await recordsOf(view, { blobs, layers })),
    ...(await leftoversOf(store)),
  ];
}

/** What every kind of item is made with. */
class View {
  readonly store: Store;
  readonly needs: Needs;
  readonly #uses: ReadonlyMap<string, number>;

  constructor(store: Store, needs: Needs, uses: ReadonlyMap<string, number>) {
    this.store = store;
    this.needs = needs;
    this.#uses = uses;
  }

  /** An item of things that builds rely on while they run. */
  async kept(kind: ItemKind, need: Need, files: readonly (Found & { readonly kept: KeptKind })[]): Promise<Item> {
    const { paths } = this.store;
    const all = files.map((file): Kept => ({ kind: file.kept, path: file.path }));
    const marks = all.map((kept) => markOf(paths, kept));
    const used = marks.map((mark) => this.#uses.get(basename(mark)) ?? 0);
    const sizes = await Promise.all(files.map((file) => this.#measured(file, file.kept)));
    return {
      kind,
      name: relative(paths.root, files[0]?.path ?? ""),
      need,
      bytes: sizes.reduce((sum, bytes) => sum + bytes, 0),
      lastUsed: Math.max(...used, ...files.map(({ changed }) => changed)),
      removal:
        need === "tag"
          ? { by: "nobody" }
          : {
              by: "room",
              paths: all.map(({ path }) => path),
              marks,
              sizes: files.filter((file) => file.isDirectory).map((file) => this.#sizeFile(file, file.kept)),
            },
    };
  }

  /** The room that a directory takes. Layers and trees never change, so each is measured once. */
  async #measured(file: Found, kind: KeptKind): Promise<number> {
    if (!file.isDirectory) return file.bytes;
    const known = Number(await readIfPresent(this.#sizeFile(file, kind)));
    if (known > 0) return known;
    const { bytes } = await this.store.session.call("measure", { path: file.path }).catch(() => ({ bytes: 0 }));
    if (bytes > 0) await writeAtomically(this.#sizeFile(file, kind), String(bytes));
    return bytes;
  }

  #sizeFile(file: Found, kind: KeptKind): string {
    return join(this.store.paths.sizes, `${kind}-${file.name}`);
  }
}

interface Present {
  readonly blobs: ReadonlyMap<string, Found>;
  readonly layers: ReadonlyMap<string, Found>;
}

/** A layer unpacked and packed is one item: one without the other may be of no use. */
async function layersOf(
  view: View,
  { blobs, layers, thorough }: Present & { readonly thorough: boolean },
): Promise<readonly Item[]> {
  const { needs } = view;
  const names = new Set([...layers.keys(), ...needs.packed.keys()].filter((name) => ARE_DIGESTS.test(name)));
  const items = await inParallel([...names], async (name) => {
    const blob = blobs.get(needs.packed.get(name) ?? "");
    const layer = layers.get(name);
    const files = [
      ...(layer === undefined ? [] : [{ ...layer, kept: "layers" as const }]),
      ...(blob === undefined || needs.tagged.has(blob.name) ? [] : [{ ...blob, kept: "blobs" as const }]),
    ];
    if (files.length === 0) return [];
    return [await view.kept("layer", !thorough || needs.layers.has(name) ? "cache" : "nothing", files)];
  });
  return items.flat();
}

/** Blobs that are no layer known by its record. */
async function blobsOf(view: View, blobs: ReadonlyMap<string, Found>): Promise<readonly Item[]> {
  const { tagged, bases, baseBlobs, packed } = view.needs;
  const left = new Map([...blobs].filter(([name]) => ARE_DIGESTS.test(name)));
  const take = (names: readonly string[]): readonly (Found & { readonly kept: "blobs" })[] =>
    names.flatMap((name) => {
      const file = left.get(name);
      left.delete(name);
      return file === undefined ? [] : [{ ...file, kept: "blobs" as const }];
    });
  const items = await Promise.all(take([...tagged]).map((file) => view.kept("image", "tag", [file])));
  take([...packed.values()]);
  for (const documents of bases.values()) {
    const files = take(documents);
    if (files.length > 0) items.push(await view.kept("image", "cache", files));
  }
  for (const file of take([...left.keys()]))
    items.push(await view.kept("blob", baseBlobs.has(file.name) ? "cache" : "nothing", [file]));
  return items;
}

async function treesOf(view: View): Promise<readonly Item[]> {
  const trees = (await filesIn(view.store.paths.trees)).filter(({ name }) => ARE_DIGESTS.test(name));
  return inParallel(trees, (tree) => view.kept("tree", "cache", [{ ...tree, kept: "trees" }]));
}

async function downloadsOf(view: View): Promise<readonly Item[]> {
  const files = await filesIn(view.store.paths.downloads);
  const records = files.filter(({ name }) => name.endsWith(".json"));
  const named = new Set(
    await inParallel(records, async ({ path }) => String((await readRecord(path))?.["digest"]).replace("sha256:", "")),
  );
  const held = files.filter(({ name }) => ARE_DIGESTS.test(name));
  const present = new Set(held.map(({ name }) => name));
  const items = await inParallel(held, (file) =>
    view.kept("download", named.has(file.name) ? "cache" : "nothing", [{ ...file, kept: "downloads" }]),
  );
  const empty = await inParallel(records, async (file) => {
    const digest = String((await readRecord(file.path))?.["digest"]).replace("sha256:", "");
    return present.has(digest) ? [] : [recordItem(view.store, file, "nothing")];
  });
  return [...items, ...empty.flat()];
}

async function mountsOf({ paths, session }: Store): Promise<readonly Item[]> {
  return inParallel(await listCacheMounts(paths), async ({ id, name, directories, lastUsed }): Promise<Item> => {
    const sizes = await Promise.all(
      directories.map(async (path) => (await session.call("measure", { path }).catch(() => ({ bytes: 0 }))).bytes),
    );
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    const removal = { by: "its lock", mount: name } as const;
    return { kind: "cache mount", name: id, need: "cache", bytes, lastUsed: lastUsed.getTime(), removal };
  });
}

/** Small files that spare looking something up, computing or asking. */
async function recordsOf({ store, needs }: View, { blobs, layers }: Present): Promise<readonly Item[]> {
  const { paths } = store;
  const stepIsOfUse = (name: string): boolean => {
    if (needs.steps === undefined) return true;
    const layer = needs.steps.get(name) ?? "";
    return layers.has(layer) || blobs.has(needs.packed.get(layer) ?? "");
  };
  const cacheIf = (isOfUse: boolean): Need => (isOfUse ? "cache" : "nothing");
  const packedNeed = (name: string): Need => {
    const blob = needs.packed.get(name.replace(/\.json$/, "")) ?? "";
    // Small, and without it the layer of an image that stays would be packed again.
    return needs.tagged.has(blob) ? "tag" : cacheIf(blobs.has(blob));
  };
  const kinds: readonly (readonly [directory: string, needOf: (name: string) => Need])[] = [
    [paths.steps, (name) => cacheIf(stepIsOfUse(name))],
    [paths.packed, packedNeed],
    [paths.references, (name) => cacheIf(blobs.has(needs.references.get(name) ?? ""))],
    [paths.contents, () => "cache"],
    [paths.builds, () => "cache"],
    [paths.statCaches, () => "cache"],
  ];
  const items = await Promise.all(
    kinds.map(async ([directory, needOf]) =>
      (await filesIn(directory))
        .filter(({ name }) => !name.endsWith(".tmp"))
        .map((file) => recordItem(store, file, needOf(file.name))),
    ),
  );
  return items.flat();
}

function recordItem({ paths }: Store, file: Found, need: Need): Item {
  const { path, bytes, modified } = file;
  const removal: Removal = need === "tag" ? { by: "nobody" } : { by: "unlinking", paths: [path] };
  return { kind: "record", name: relative(paths.root, path), need, bytes, lastUsed: modified, removal };
}

/** What killed writers left: temporary files, and marks and sizes of what is gone. */
async function leftoversOf({ paths }: Store): Promise<readonly Item[]> {
  const { uses, sizes, work, locks, index, layout, ...directories } = paths;
  void [work, locks, index, layout];
  const temporary = (await Promise.all([...Object.values(directories), uses, sizes].map(filesIn)))
    .flat()
    .filter(({ name, modified }) => name.endsWith(".tmp") && modified < Date.now() - LEFTOVER_AFTER_MS);
  const beside = [...(await filesIn(uses)), ...(await filesIn(sizes))].filter(({ name }) => !name.endsWith(".tmp"));
  const { blobs, layers, trees, downloads } = paths;
  const present = new Set<string>();
  for (const [kind, directory] of Object.entries({ blobs, layers, trees, downloads }))
    for (const { name } of await filesIn(directory)) present.add(`${kind}-${name}`);
  const lonely = beside.filter(({ name }) => !present.has(name));
  return [...temporary, ...lonely].map(({ path, bytes, modified }) => ({
    kind: "leftover",
    name: relative(paths.root, path),
    need: "nothing",
    bytes,
    lastUsed: modified,
    removal: { by: "unlinking", paths: [path] },
  }));
}
