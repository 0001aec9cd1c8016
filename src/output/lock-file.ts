import { mkdir, rmdir, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { OciBuildError } from "../errors.ts";
import { hasCode } from "./system-error.ts";

/** What the lock is for takes milliseconds: one of this age belongs to a program that died. Milliseconds. */
const abandonedAfter = 10_000;
const retryAfter = 20;
const patience = 30_000;

/**
 * Does `work` while holding the lock `path`, a directory, as making one is atomic on every file system, network ones too.
 * @throws OciBuildError `layout-busy`
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  for (let waited = 0; !(await takeLock(path)); waited += retryAfter) {
    if (waited >= patience)
      throw new OciBuildError("layout-busy", `${path} is held by another program`, {
        hint: "if none is at work there, remove it",
      });
    await sleep(retryAfter);
  }
  try {
    return await work();
  } finally {
    await releaseLock(path);
  }
}

async function takeLock(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
    if (await isAbandoned(path)) await releaseLock(path);
    return false;
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs > abandonedAfter;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return false;
    throw error;
  }
}

async function releaseLock(path: string): Promise<void> {
  try {
    await rmdir(path);
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
  }
}
