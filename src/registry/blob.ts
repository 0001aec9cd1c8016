import { Readable } from "node:stream";
import { OciBuildError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { familiarName, type Reference } from "../oci/reference.ts";
import { discard } from "../http/discard.ts";
import { scrub } from "../http/connection-error.ts";
import { pause, type Pace } from "../http/retry.ts";
import type { Get } from "./session.ts";
import { protocolError } from "../http/peer.ts";
import { statusError } from "./status.ts";
import type { Response } from "../http/transport.ts";
import { nothingYet, sizeMismatch, verified, type PartialBlob } from "./verify.ts";

export interface OpenBlobOptions {
  readonly signal: AbortSignal;
  /** What the caller has of the blob; the stream goes on from there. The hash is used up. */
  readonly have?: PartialBlob;
}

/** How often a download is taken up again without having got on by `goodProgress` in between. */
const mostResumptions = 4;
const goodProgress = 1024 * 1024;

/** Which blob, and how it is to be had. */
export interface BlobSource {
  readonly get: Get;
  readonly pace: Pace;
  /** Names the repository that has the blob. */
  readonly reference: Reference;
  readonly descriptor: Descriptor;
}

/** Opens a blob as a stream of verified bytes. A connection that is cut is taken up where it ended. */
export async function openBlob(blob: BlobSource, options: OpenBlobOptions): Promise<Readable> {
  const start = options.have ?? nothingYet();
  const closed = new AbortController();
  const download: Download = {
    ...blob,
    signal: AbortSignal.any([options.signal, closed.signal]),
    source: familiarName(blob.reference),
  };
  const first = await request(download, start.offset);
  const chunks = received(download, first, start.offset);
  return streamOf(verified(chunks, blob.descriptor, { start, source: download.source }), () => closed.abort());
}

/** Unlike Readable.from, this stops a generator that waits for a byte as soon as the reader goes away. */
function streamOf(chunks: AsyncGenerator<Buffer, void, undefined>, stop: () => void): Readable {
  return new Readable({
    read() {
      chunks.next().then(
        ({ done, value }) => this.push(done === true ? null : value),
        (error: Error) => this.destroy(error),
      );
    },
    destroy(error, callback) {
      stop();
      const done = (): void => callback(error);
      void chunks.return().then(done, done);
    },
  });
}

interface Download extends BlobSource {
  readonly signal: AbortSignal;
  /** Where the blob comes from, for errors. */
  readonly source: string;
}

/** The chunks of a blob from `start` on, over as many connections as it takes. */
async function* received(download: Download, first: Chunks, start: number): AsyncGenerator<Buffer, void, undefined> {
  const { descriptor, signal, pace } = download;
  let chunks = first;
  let offset = start;
  let resumptions = 0;
  for (let lastOffset = start; ; lastOffset = offset) {
    let failure: unknown;
    try {
      for await (const chunk of chunks) {
        offset += chunk.length;
        yield chunk;
      }
    } catch (error) {
      failure = scrub(error);
    }
    signal.throwIfAborted();
    // A body that ended as announced is all there is, be it too short or not.
    if (failure === undefined || offset >= descriptor.size) return;
    resumptions = offset - lastOffset >= goodProgress ? 1 : resumptions + 1;
    if (resumptions > mostResumptions) throw interrupted(download, offset, failure);
    await pause(Math.min(pace.firstDelay * 2 ** (resumptions - 1), pace.longestDelay), signal);
    chunks = await request(download, offset);
  }
}

type Chunks = AsyncIterable<Buffer>;

/** Asks for the blob from `offset` on. */
async function request(download: Download, offset: number): Promise<Chunks> {
  const { get, reference, descriptor, signal, source } = download;
  const headers = offset === 0 ? {} : { range: `bytes=${offset}-` };
  const response = await get(reference, { kind: "blobs", name: descriptor.digest, headers }, signal);
  checkStatus(response, download, offset);
  // A server need not know ranges, and then sends the whole.
  const begin = response.status === 206 ? offset : 0;
  const length = response.headers["content-length"];
  if (length !== undefined && begin + Number(length) !== descriptor.size) {
    response.body.destroy();
    throw sizeMismatch(descriptor, String(begin + Number(length)), source);
  }
  return begin === offset ? response.body : withoutFirst(offset, response.body);
}

async function* withoutFirst(count: number, chunks: Chunks): AsyncGenerator<Buffer, void, undefined> {
  let left = count;
  for await (const chunk of chunks) {
    if (chunk.length > left) yield chunk.subarray(left);
    left = Math.max(left - chunk.length, 0);
  }
}

function checkStatus(response: Response, { reference, descriptor, source }: Download, offset: number): void {
  const { status, headers, url } = response;
  if (status === 200) return;
  if (status === 206 && offset > 0) {
    if (headers["content-range"]?.startsWith(`bytes ${offset}-`) === true) return;
    response.body.destroy();
    throw protocolError(url, "registry", `it sent another part of blob ${descriptor.digest} than it was asked for`);
  }
  discard(response);
  if (status !== 404) throw statusError(response, `a blob of ${familiarName(reference)}`);
  throw new OciBuildError(
    "blob-not-found",
    `${source} does not have the blob ${descriptor.digest} that its manifest names`,
    {
      hint: "the image is not whole in the registry: push it again",
    },
  );
}

function interrupted({ descriptor, source }: Download, offset: number, cause: unknown): OciBuildError {
  return new OciBuildError(
    "blob-interrupted",
    `the download of blob ${descriptor.digest} from ${source} broke off again and again, last at ${offset} of ${descriptor.size} bytes`,
    {
      hint: "check the connection to the registry, then try again",
      cause,
    },
  );
}
