import { randomBytes } from "node:crypto";
import { mkdir, readFile, readdir, rm, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { OciBuildError } from "../errors.ts";
import type { HelperSession } from "../helper/session.ts";
import { diskError, isMissing, readIfPresent, writeAtomically, writeDurably } from "./durable.ts";
import { type StorePaths, storePaths } from "./paths.ts";

/** A store in use: where things lie, and the session whose locks and namespaces guard it. */
export interface Store {
  readonly paths: StorePaths;
  readonly session: HelperSession;
  /** A folder of this process under `work`, removed at the end, and by the next build should this one be killed. */
  readonly workspace: string;
}

const LAYOUT = `{"imageLayoutVersion":"1.0.0"}`;
const EMPTY_INDEX = `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}`;
/** By then the kernel has written dirty pages of its own accord (vm.dirty_expire_centisecs is 30 s). */
const SETTLED_AFTER_MS = 120_000;

/** Opens the store at `root`, making it when missing, and clears away what killed builds left behind. */
export async function openStore(root: string, session: HelperSession): Promise<Store> {
  const paths = storePaths(root);
  await prepare(paths);
  await refuseForeignIds(paths, session);
  await dropUnsettled(paths, session);
  const workspace = join(paths.work, `${process.pid}-${randomBytes(4).toString("hex")}`);
  // The lock must be held before a sweep of another build could see the folder without it.
  const gate = await session.call("lock", { path: join(paths.locks, "work"), shared: false, wait: true });
  await mkdir(workspace);
  await session.call("lock", { path: join(workspace, "lock"), shared: false, wait: true });
  await session.call("sweep", { directory: paths.work });
  await session.call("unlock", { lock: gate.lock });
  return { paths, session, workspace };
}

/** Removes the workspace. What cannot be removed now, because the helper died, the next build sweeps. */
export async function closeStore(store: Store): Promise<void> {
  await store.session.call("remove", { path: store.workspace }).catch(() => undefined);
}

/** Makes the directories and the files that make the store an OCI image layout. */
export async function prepare(paths: StorePaths): Promise<void> {
  // `work` tells that all the others were made; a store of an earlier version lacks the newest of them.
  if ((await exists(paths.work)) && (await exists(paths.sizes))) return;
  try {
    await mkdir(paths.root, { recursive: true, mode: 0o700 });
    for (const directory of withFilesOfImages(paths)) await mkdir(directory, { recursive: true, mode: 0o700 });
    for (const directory of Object.values(directoriesOf(paths))) await mkdir(directory, { recursive: true });
    if (!(await exists(paths.index))) await writeDurably(paths.index, EMPTY_INDEX);
    await writeDurably(paths.layout, LAYOUT);
    // Last, because its presence says that all of the above is there.
    await mkdir(paths.work, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw diskError(error, paths.root);
  }
}

function directoriesOf({ root, index, layout, work, ...directories }: StorePaths): Readonly<Record<string, string>> {
  void [root, index, layout, work];
  return directories;
}

/**
 * Where programs of images lie with their set-id bits and owners: for other users of the machine they are doors to this
 * one, so nobody else may come near, even in a store that others may look into.
 */
function withFilesOfImages({ layers, mounts, trees }: StorePaths): readonly string[] {
  return [layers, mounts, trees];
}

/** Unpacked layers carry owners as this machine's namespace numbers them: they are worthless under another mapping. */
async function refuseForeignIds(paths: StorePaths, session: HelperSession): Promise<void> {
  const hello = session.hello;
  if (hello === undefined || hello.place === "none") return;
  const file = join(paths.layers, ".ids");
  const ours =
    hello.place === "root" || hello.place === "container" ? "root" : `${hello.place} of uid ${process.getuid?.()}`;
  const theirs = await readIfPresent(file);
  if (theirs === undefined) await writeAtomically(file, ours);
  else if (theirs !== ours)
    throw new OciBuildError("store-other-ids", `the store ${paths.root} was filled by ${theirs}, not by ${ours}`, {
      hint: "choose another store with --root, or remove that one as the user who made it",
    });
}

/**
 * After a power cut, layers that were unpacked shortly before may hold empty files: their data was never flushed,
 * because waiting for the disk would cost more than unpacking again; the same goes for trees. They are listed in
 * `unsettled/<boot id>`, as `layers-NAME` or `trees-NAME`, until the kernel has surely written them.
 */
async function dropUnsettled(paths: StorePaths, session: HelperSession): Promise<void> {
  const boot = await bootId();
  for (const boots of await readdir(paths.unsettled)) {
    const directory = join(paths.unsettled, boots);
    for (const name of await readdir(directory)) {
      const mark = join(directory, name);
      if (boots !== boot) await session.call("remove", { path: join(paths.root, name.replace("-", "/")) });
      else if ((await ageOf(mark)) < SETTLED_AFTER_MS) continue;
      await unlink(mark).catch(ignoreMissing);
    }
    if (boots !== boot) await rm(directory, { recursive: true, force: true });
  }
}

/** Notes that a directory below `layers` or `trees` is published just now. Call it before the directory appears. */
export async function markUnsettled(paths: StorePaths, kind: "layers" | "trees", name: string): Promise<void> {
  const directory = join(paths.unsettled, await bootId());
  await mkdir(directory, { recursive: true });
  await writeAtomically(join(directory, `${kind}-${name}`), "");
}

async function bootId(): Promise<string> {
  return (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
}

async function ageOf(path: string): Promise<number> {
  try {
    return Date.now() - (await stat(path)).mtimeMs;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw diskError(error, path);
  }
}

function ignoreMissing(error: unknown): void {
  if (!isMissing(error)) throw error;
}
