import { randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { OciBuildError } from "../errors.ts";
import { layerLimits } from "../helper/layer-limits.ts";
import type { Compression } from "../helper/messages.ts";
import {
  type CacheMountIdentity,
  listCacheMounts,
  replaceCacheMount,
  type StoredCacheMount,
  whileAlone,
} from "./cache-mounts.ts";
import { diskError } from "./durable.ts";
import { openOwnStore } from "./own-store.ts";
import type { Store } from "./store.ts";

/** What carries cache mounts from one machine to another. */
export interface CacheMountArchives {
  names(): Promise<readonly StoredCacheMount[]>;
  /**
   * Lets `use` read a tar of what a cache mount holds: equal bytes for equal content, owners as the steps see them.
   * @throws OciBuildError `cache-mount-ambiguous`, `cache-mount-used`
   */
  exporting(id: string, use: (file: string) => Promise<void>): Promise<void>;
  /**
   * Puts the content of a tar, compressed with gzip, zstd or not at all, in the place of what a cache mount holds.
   * @throws OciBuildError `cache-mount-used`, and those of unpacking a layer
   */
  importing(identity: CacheMountIdentity, archive: Readable): Promise<void>;
  close(): Promise<void>;
}

export async function openCacheMountArchives(root: string): Promise<CacheMountArchives> {
  const { store, close } = await openOwnStore(root);
  return {
    names: () => listCacheMounts(store.paths),
    exporting: (id, use) => exportMount(store, id, use),
    importing: (identity, archive) => importMount(store, identity, archive),
    close,
  };
}

async function exportMount(store: Store, id: string, use: (file: string) => Promise<void>): Promise<void> {
  const [mount, ...more] = (await listCacheMounts(store.paths)).filter((one) => one.id === id);
  if (mount === undefined)
    throw new OciBuildError("cache-mount-unknown", `no cache mount is called ${JSON.stringify(id)}`);
  if (more.length > 0)
    throw new OciBuildError(
      "cache-mount-ambiguous",
      `${more.length + 1} cache mounts are called ${JSON.stringify(id)}: they began differently`,
      { hint: "give the mounts different ids" },
    );
  const target = join(store.workspace, `export-${randomBytes(4).toString("hex")}`);
  const layer = join(store.paths.mounts, mount.name, "0");
  const packed = await whileAlone(store, mount.name, async () => {
    await store.session.call("pack", { layer, compression: "none", target });
  });
  if (!packed) throw inUse(id);
  await use(target);
}

async function importMount(store: Store, identity: CacheMountIdentity, archive: Readable): Promise<void> {
  const blob = join(store.workspace, `import-${randomBytes(4).toString("hex")}`);
  try {
    await pipeline(archive, createWriteStream(blob));
  } catch (error) {
    throw diskError(error, blob);
  }
  const target = `${blob}.unpacked`;
  const compression = await compressionOf(blob);
  await store.session.call("apply", { blob, compression, growing: false, target, limits: layerLimits(process.env) });
  const { access } = identity;
  const directory = access === undefined ? target : await inOwnDirectory(store, target, access);
  if (!(await replaceCacheMount(store, identity, directory))) throw inUse(identity.id);
}

/** A tar says nothing of the directory that holds it all, whose owner and mode a mount may ask for. */
async function inOwnDirectory(
  { session, workspace }: Store,
  content: string,
  { uid, gid, mode }: NonNullable<CacheMountIdentity["access"]>,
): Promise<string> {
  const root = join(workspace, `own-${randomBytes(4).toString("hex")}`);
  await mkdir(root);
  await session.call("makeDirectory", { root, path: "/cache", user: `${uid}:${gid}`, mode });
  const directory = join(root, "cache");
  const selection = { root: content, sources: ["."], exclude: [], ignore: [], parents: false };
  await session.call("copy", { selection, root: directory, destination: "/", keepOwner: true });
  return directory;
}

/** By the first bytes (RFC 1952, RFC 8878). */
async function compressionOf(path: string): Promise<Compression> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    const start = buffer.subarray(0, bytesRead).toString("hex");
    return start.startsWith("1f8b") ? "gzip" : start === "28b52ffd" ? "zstd" : "none";
  } finally {
    await file.close();
  }
}

function inUse(id: string): OciBuildError {
  return new OciBuildError("cache-mount-used", `the cache mount ${JSON.stringify(id)} is in use by a step`, {
    hint: "wait until that build has ended",
  });
}
