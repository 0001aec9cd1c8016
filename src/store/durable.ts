import { randomBytes } from "node:crypto";
import { utimesSync } from "node:fs";
import { open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { OciBuildError, messageOf } from "../errors.ts";

/**
 * Puts a small file in place so that a reader, or the machine after a power cut, sees either the old content or all of
 * the new one: temporary name beside it, fsync, rename, fsync of the directory.
 */
export async function writeDurably(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = temporaryBeside(path);
  try {
    const file = await open(temporary, "wx", 0o644);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw diskError(error, path);
  }
}

/** Puts a small file in place whose loss in a power cut costs nothing but work: as `writeDurably`, without the fsyncs. */
export async function writeAtomically(path: string, content: string): Promise<void> {
  const temporary = temporaryBeside(path);
  try {
    const file = await open(temporary, "wx", 0o644);
    try {
      await file.writeFile(content);
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw diskError(error, path);
  }
}

/** The file's text; undefined when there is none. */
export async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/**
 * Sets the times of a file to now, and answers whether it could: it may be missing, or the store one that may only be read.
 * Not by a promise: waiting for a thread takes ten times as long, and a cached build does little else.
 */
export function touch(path: string): boolean {
  const now = Date.now() / 1000;
  try {
    utimesSync(path, now, now);
    return true;
  } catch {
    return false;
  }
}

export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

export function isMissing(error: unknown): boolean {
  return errnoOf(error) === "ENOENT";
}

function errnoOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

/** A failed write as a user should read it. */
export function diskError(error: unknown, path: string): unknown {
  switch (errnoOf(error)) {
    case "ENOSPC":
      return new OciBuildError("disk-full", `no space left on the device that holds ${path}`, {
        hint: "free some space, or put the store elsewhere with --root",
        cause: error,
      });
    case "EDQUOT":
      return new OciBuildError("quota-exceeded", `the disk quota is used up: cannot write ${path}`, { cause: error });
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new OciBuildError("store-not-writable", `cannot write ${path}: ${messageOf(error)}`, {
        hint: "choose another store with --root or OCI_BUILD_ROOT",
        cause: error,
      });
    default:
      return error;
  }
}

function temporaryBeside(path: string): string {
  return `${path}.${process.pid}.${randomBytes(6).toString("hex")}.tmp`;
}
