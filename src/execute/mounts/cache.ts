import { join } from "node:path";
import type { CacheMount } from "../../plan/mount.ts";
import type { FileSource } from "../../plan/step.ts";
import {
  type CacheMountIdentity,
  cacheMountName,
  type CacheSharing,
  holdCacheMount,
  makeEmpty,
  publishCacheMount,
  touchCacheMount,
} from "../../store/cache-mounts.ts";
import { copyInto } from "../copy-step.ts";
import { isBare } from "../place.ts";
import { finallyDo, withScratch } from "../rootfs.ts";
import { copyOf } from "./bind.ts";
import { unlessAborted } from "./unless-aborted.ts";
import type { Mounting } from "./run-mounts.ts";

/** What several mounts of one RUN share: the same cache mount is taken once, as strictly as any of them asks. */
interface Wanted {
  readonly mount: CacheMount;
  readonly identity: CacheMountIdentity;
  readonly name: string;
  readonly sharing: CacheSharing;
}

const strictness: readonly CacheSharing[] = ["shared", "private", "locked"];

/** Takes the directories of all cache mounts of a RUN and gives them back afterwards. */
export async function withCaches<T>(
  mounts: readonly CacheMount[],
  mounting: Mounting,
  use: (directoryOf: (mount: CacheMount) => string) => Promise<T>,
): Promise<T> {
  const wanted = new Map<string, Wanted>();
  for (const mount of mounts) {
    const identity = identityOf(mount, mounting);
    const name = cacheMountName(identity);
    // Where nothing can be mounted the directory itself is moved into the root, which only one RUN can have.
    const least = isBare(mounting.options.store) ? "locked" : "shared";
    const before = wanted.get(name)?.sharing ?? least;
    const sharing = strictness.indexOf(mount.sharing) > strictness.indexOf(before) ? mount.sharing : before;
    wanted.set(name, { mount, identity, name, sharing });
  }
  // In one order everywhere, so that no two RUNs wait for each other.
  const ordered = [...wanted.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const directories = new Map<string, string>();
  const takeEach = async ([first, ...rest]: readonly Wanted[]): Promise<T> => {
    if (first === undefined) return use((mount) => directories.get(cacheMountName(identityOf(mount, mounting))) ?? "");
    return withCache(first, mounting, (directory) => {
      directories.set(first.name, directory);
      return takeEach(rest);
    });
  };
  return takeEach(ordered);
}

async function withCache<T>(
  { mount, identity, name, sharing }: Wanted,
  mounting: Mounting,
  use: (directory: string) => Promise<T>,
): Promise<T> {
  const { store, events, signal } = mounting.options;
  const waiting = (): void => {
    const chunk = Buffer.from(`waiting for the cache mount ${mount.id}, which another step uses\n`);
    events({ kind: "step-output", step: mounting.work.id, stream: "stderr", chunk });
  };
  const held = await unlessAborted(holdCacheMount(store, name, { sharing, waiting }), signal);
  const work = async (): Promise<T> => {
    if (held.isNew) await fill(mount, { mounting, identity, directory: held.directory });
    await touchCacheMount(store.paths, name);
    return use(held.directory);
  };
  return finallyDo(work(), held.release);
}

interface Filling {
  readonly mounting: Mounting;
  readonly identity: CacheMountIdentity;
  readonly directory: string;
}

/** Makes a cache mount's first content beside its place, so that nobody sees half of it. */
async function fill(mount: CacheMount, { mounting, identity, directory }: Filling): Promise<void> {
  const { store } = mounting.options;
  await withScratch(store, async (scratch) => {
    const from = join(scratch, "cache");
    if (mount.access === undefined) await makeEmpty(from);
    else {
      const { uid, gid, mode } = mount.access;
      await store.session.call("makeDirectory", { root: scratch, path: "/cache", user: `${uid}:${gid}`, mode });
    }
    if (mount.seed !== undefined) await copyInto(from, { ...mounting, step: copyOf(mount.seed, mounting.step, "/") });
    await publishCacheMount(store, identity, { from, to: directory });
  });
}

function identityOf({ id, access, seed: wanted }: CacheMount, { work }: Mounting): CacheMountIdentity {
  return {
    id,
    access,
    seed: wanted && { chain: work.filesOf(wanted.from) ?? [contextName(wanted.from)], source: wanted.source },
  };
}

/** What of a context is in it does not count: its content changes with every build. */
function contextName(from: FileSource): string {
  return `context ${from.kind === "context" ? (from.name ?? "") : ""}`;
}
