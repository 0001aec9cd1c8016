import { createHash } from "node:crypto";
import { mkdir, open, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Digest, parseDigest } from "../oci/digest.ts";
import { diskError, isMissing, writeDurably } from "./durable.ts";
import type { StorePaths } from "./paths.ts";
import { isText, readRecord } from "./record.ts";
import type { Store } from "./store.ts";
import { type InUse, isInUse, keep, keptDownload } from "./uses.ts";

/** A file that was fetched from a URL and lies whole in the store. */
export interface Download {
  readonly path: string;
  readonly digest: Digest;
  readonly size: number;
  /** What the server said of this version, for asking whether it is still the newest. */
  readonly validators: Validators;
}

/** The headers ETag and Last-Modified, as they came (https://www.rfc-editor.org/rfc/rfc9110#section-8.8). */
export interface Validators {
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
}

/** What a URL gave when it was last asked. The record does not hold the URL itself, which may be a secret. */
export async function findDownload(store: InUse, url: string): Promise<Download | undefined> {
  const { paths } = store;
  const { digest: text, size, etag, lastModified } = (await readRecord(recordOf(paths, url))) ?? {};
  if (!isText(text) || typeof size !== "number") return undefined;
  const digest = parseDigest(text);
  const kept = keptDownload(paths, digest);
  const { path } = kept;
  if (!(await isInUse(store, kept)) || (await sizeOf(path)) !== size) return undefined;
  const validators = {
    etag: isText(etag) ? etag : undefined,
    lastModified: isText(lastModified) ? lastModified : undefined,
  };
  return { path, digest, size, validators };
}

export async function rememberDownload(
  paths: StorePaths,
  url: string,
  { digest, size, validators }: Omit<Download, "path">,
): Promise<void> {
  await writeDurably(recordOf(paths, url), JSON.stringify({ digest, size, ...validators }));
}

let counter = 0;

/** Writes a file of the store from a stream, hashing it. When `check` throws at its end, nothing is kept. */
export async function receiveDownload(
  store: Store,
  source: AsyncIterable<Uint8Array>,
  check: (digest: Digest) => void,
): Promise<Omit<Download, "validators">> {
  const { paths, workspace } = store;
  await mkdir(paths.downloads, { recursive: true });
  counter += 1;
  const temporary = join(workspace, `download-${counter}`);
  try {
    const received = await write(temporary, source);
    check(received.digest);
    const kept = keptDownload(paths, received.digest);
    await keep(store, temporary, kept);
    return { path: kept.path, ...received };
  } catch (error) {
    await rm(temporary, { force: true });
    throw diskError(error, paths.downloads);
  }
}

async function write(path: string, source: AsyncIterable<Uint8Array>): Promise<{ digest: Digest; size: number }> {
  const hash = createHash("sha256");
  let size = 0;
  const file = await open(path, "w", 0o600);
  try {
    for await (const chunk of source) {
      hash.update(chunk);
      size += chunk.length;
      await file.appendFile(chunk);
    }
    await file.datasync();
  } finally {
    await file.close();
  }
  return { digest: parseDigest(`sha256:${hash.digest("hex")}`), size };
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function recordOf(paths: StorePaths, url: string): string {
  return join(paths.downloads, `${createHash("sha256").update(url).digest("hex")}.json`);
}
