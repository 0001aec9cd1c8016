import { OciBuildError, redactUrl } from "../errors.ts";
import { discard } from "../http/discard.ts";
import { connectionError, systemCodeOf } from "../http/connection-error.ts";
import { createExchange } from "../http/exchange.ts";
import { delayBeforeRetry, pause } from "../http/retry.ts";
import type { Response, Send } from "../http/transport.ts";
import type { Digest } from "../oci/digest.ts";
import { type Download, findDownload, receiveDownload, rememberDownload } from "../store/downloads.ts";
import { type FetchSecrets, httpAuthorization } from "./authorization.ts";
import type { Fetching } from "./fetching.ts";
import { offlineError } from "./offline.ts";
import { statusError } from "./status.ts";

/** A file that a URL gave; it lies in the store and must not be changed. */
export interface FetchedFile {
  readonly path: string;
  readonly digest: Digest;
  /** Seconds since 1970, as the server said; undefined when it did not. */
  readonly lastModified: number | undefined;
}

export interface FileRequest {
  readonly url: string;
  /** What the file must be. Once it is in the store, nobody is asked. */
  readonly checksum?: Digest | undefined;
  /** Bytes; more are not taken. */
  readonly limit?: number | undefined;
}

/** More than any archive that a build wants, and less than what fills most disks. */
const largestFile = 32 * 1024 ** 3;

/**
 * Fetches a file over http or https. What was fetched before is asked for with its ETag or Last-Modified, and not sent
 * again when it is still the newest.
 * @throws OciBuildError `server-…`, `checksum-mismatch`, `download-too-large`, `proxy-unsupported`
 */
export async function fetchFile(request: FileRequest, fetching: Fetching): Promise<FetchedFile> {
  const { pins } = fetching;
  if (pins === undefined || request.checksum !== undefined) return fetchAsked(request, fetching);
  const checksum = pins.url(request.url);
  const file = await fetchAsked({ ...request, checksum }, fetching).catch((error: unknown) => {
    throw error instanceof OciBuildError && error.code === "checksum-mismatch" ? otherThanLocked(error) : error;
  });
  pins.noteUrl(request.url, file.digest);
  return file;
}

function otherThanLocked({ code, message, cause }: OciBuildError): OciBuildError {
  const hint =
    "the second is what the lock says; if the new file can be trusted, write the lock anew with oci-build lock";
  return new OciBuildError(code, message, { hint, cause });
}

async function fetchAsked(request: FileRequest, fetching: Fetching): Promise<FetchedFile> {
  const { store, steps, offline } = fetching;
  const known = await findDownload(store, request.url);
  if (known !== undefined && known.digest === request.checksum) return fetched(known);
  if (offline) {
    if (known === undefined) throw offlineError(redactUrl(request.url));
    checkDigest(request, known.digest);
    return fetched(known);
  }
  const title = `[internal] fetch ${redactUrl(request.url)}`;
  const download = await steps.run(title, async (step) => {
    const { value, cached } = await revalidated(request, known, {
      ...fetching,
      onBytes: (done, total) =>
        steps.emit({ kind: "step-progress", step, label: "fetching", done, ...(total === undefined ? {} : { total }) }),
    });
    return { value, cached };
  });
  return fetched(download);
}

interface Watched extends Fetching {
  readonly onBytes: (done: number, total: number | undefined) => void;
}

interface Answer {
  readonly value: Download;
  readonly cached: boolean;
}

async function revalidated(request: FileRequest, known: Download | undefined, watched: Watched): Promise<Answer> {
  const { pace, signal } = watched;
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask(request, known, watched);
    } catch (error) {
      signal.throwIfAborted();
      // A body that broke off; what happens before a body comes is tried again further down.
      const code = error instanceof Interrupted ? systemCodeOf(error.cause) : undefined;
      const delay = delayBeforeRetry({ kind: "failed", code }, attempt, pace, Date.now());
      if (delay === undefined) throw error instanceof Interrupted ? error.cause : error;
      await pause(delay, signal);
    }
  }
}

/** A body that ended before its end. */
class Interrupted extends Error {}

async function ask(request: FileRequest, known: Download | undefined, watched: Watched): Promise<Answer> {
  const { store, signal, secrets } = watched;
  const { url, authorization } = withoutUser(request.url, secrets);
  const headers = { "accept-encoding": "identity", ...conditions(known), ...authorization };
  const response = await exchangeOf(watched)({ method: "GET", url, headers }, signal);
  if (response.status === 304 && known !== undefined) {
    discard(response);
    checkDigest(request, known.digest);
    return { value: known, cached: true };
  }
  if (response.status !== 200) {
    discard(response);
    throw statusError(response, redactUrl(request.url));
  }
  const received = await receiveDownload(store, bodyOf(response, request, watched), (digest) =>
    checkDigest(request, digest),
  );
  const { etag, "last-modified": lastModified } = response.headers;
  const download = { ...received, validators: { etag, lastModified } };
  await rememberDownload(store.paths, request.url, download);
  return { value: download, cached: false };
}

function exchangeOf({ transport, pace }: Fetching): Send {
  return createExchange(transport.send, { pace, peer: "server", check: () => undefined });
}

/** A header instead of a user in the URL, or of a secret: it goes to this host only, whatever the answer redirects to. */
function withoutUser(
  text: string,
  secrets: FetchSecrets,
): { url: URL; authorization: Readonly<Record<string, string>> } {
  const url = new URL(text);
  const authorization = httpAuthorization(url, secrets);
  url.hash = "";
  url.username = "";
  url.password = "";
  return { url, authorization };
}

function conditions(known: Download | undefined): Readonly<Record<string, string>> {
  const { etag, lastModified } = known?.validators ?? {};
  return {
    ...(etag === undefined ? {} : { "if-none-match": etag }),
    ...(lastModified === undefined ? {} : { "if-modified-since": lastModified }),
  };
}

async function* bodyOf(response: Response, request: FileRequest, { onBytes }: Watched): AsyncGenerator<Buffer> {
  const { limit = largestFile } = request;
  const length = response.headers["content-length"];
  const total = length === undefined ? undefined : Number(length);
  if (total !== undefined && total > limit) {
    response.body.destroy();
    throw tooLarge(request.url, limit);
  }
  let done = 0;
  try {
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      done += chunk.length;
      if (done > limit) throw tooLarge(request.url, limit);
      onBytes(done, total);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof OciBuildError) throw error;
    throw new Interrupted("interrupted", { cause: connectionError(error as Error, response.url, "server") });
  }
}

function checkDigest({ url, checksum }: FileRequest, found: Digest): void {
  if (checksum === undefined || checksum === found) return;
  throw new OciBuildError("checksum-mismatch", `${redactUrl(url)} has the digest ${found}, not ${checksum}`, {
    hint: "if the new file can be trusted, put its digest into --checksum",
  });
}

function tooLarge(url: string, limit: number): OciBuildError {
  return new OciBuildError("download-too-large", `${redactUrl(url)} gives more than ${limit} bytes`, {
    hint: "check the URL",
  });
}

function fetched({ path, digest, validators }: Download): FetchedFile {
  const time = validators.lastModified === undefined ? Number.NaN : Date.parse(validators.lastModified);
  return { path, digest, lastModified: Number.isNaN(time) ? undefined : Math.floor(time / 1000) };
}
