import type { Readable } from "node:stream";
import { OciBuildError } from "../errors.ts";
import { systemCodeOf } from "../http/connection-error.ts";
import { discard } from "../http/discard.ts";
import { protocolError } from "../http/peer.ts";
import { delayBeforeRetry, type Outcome, type Pace, pause } from "../http/retry.ts";
import type { Response, StreamedBody } from "../http/transport.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Reference } from "../oci/reference.ts";
import { refusalOf } from "./refusal.ts";
import type { Ask, RegistryRequest } from "./session.ts";

/** Where the bytes of a blob come from. */
export interface BlobSource {
  /** Reads the blob from `start`, counted from 0, up to and without `end`. */
  readonly open: (range: { readonly start: number; readonly end: number }) => Readable;
  /** Repositories of the same registry that may have the blob, the likeliest first. */
  readonly mountFrom?: readonly string[];
  /** Hears how many bytes have gone out; the count may go back when something has to be sent again. */
  readonly onProgress?: (bytes: number) => void;
}

/** How a blob came to be in its repository. */
export type BlobArrival = "there" | "mounted" | "uploaded";

export interface UploadContext {
  readonly ask: Ask;
  readonly pace: Pace;
  readonly reference: Reference;
  readonly descriptor: Descriptor;
  readonly signal: AbortSignal;
}

/** An upload that the registry has begun (distribution-spec, "Pushing blobs"). */
interface Session {
  readonly location: URL;
  /** Bytes that the registry has. */
  readonly received: number;
  /** Pieces that are sent by themselves must have so many bytes, but for the last. */
  readonly chunkMinimum: number;
}

/** What goes in one piece where a registry takes no whole blobs. Bytes. */
const CHUNK = 32 * 1024 * 1024;

/**
 * Gets a blob into the reference's repository: not at all if it is there, by a mount from a repository that has it, else by an
 * upload in one request, which goes on where it was cut. What the registry cannot take whole it gets in chunks.
 * @throws OciBuildError `registry-…`, `upload-refused`; whatever `source` throws
 */
export async function uploadBlob(context: UploadContext, source: BlobSource): Promise<BlobArrival> {
  const { reference } = context;
  if (await hasBlob(context, (request) => scoped(reference, request))) return "there";
  for (const from of source.mountFrom ?? []) if (await mount(context, from)) return "mounted";
  await upload(context, source);
  return "uploaded";
}

/** Whether a repository has a blob in its full size. `scoping` asks for more than reading. */
export async function hasBlob(
  { ask, reference, descriptor, signal }: Omit<UploadContext, "pace">,
  scoping: (request: RegistryRequest) => RegistryRequest = (request) => request,
): Promise<boolean> {
  const request = scoping({ method: "HEAD", target: `blobs/${descriptor.digest}` });
  const response = await ask(reference, request, signal);
  discard(response);
  const size = response.headers["content-length"];
  if (response.status === 200) return size === undefined || Number(size) === descriptor.size;
  if (response.status === 404) return false;
  throw await refusalOf(response, { reference, what: `the blob ${descriptor.digest}` }, signal);
}

/** True when the registry took the blob from the other repository; what it began instead is given up. */
async function mount({ ask, reference, descriptor, signal }: UploadContext, from: string): Promise<boolean> {
  const query = new URLSearchParams({ mount: descriptor.digest, from });
  const request = scoped(
    reference,
    { method: "POST", target: `blobs/uploads/?${query.toString()}` },
    `repository:${from}:pull`,
  );
  // Who may not read there is not told that the blob is: it is sent.
  const response = await ask(reference, request, signal).catch(() => undefined);
  signal.throwIfAborted();
  if (response === undefined) return false;
  discard(response);
  if (response.status === 202) await giveUp(ask, reference, { response, signal });
  return response.status === 201;
}

async function giveUp(
  ask: Ask,
  reference: Reference,
  { response, signal }: { readonly response: Response; readonly signal: AbortSignal },
): Promise<void> {
  const target = locationOf(response);
  const ended = await ask(reference, scoped(reference, { method: "DELETE", target }), signal).catch(() => undefined);
  if (ended !== undefined) discard(ended);
}

async function upload(context: UploadContext, source: BlobSource): Promise<void> {
  const { descriptor, pace, signal } = context;
  let session: Session | undefined;
  let inChunks = false;
  let furthest = 0;
  for (let attempt = 1; ; attempt += 1) {
    session ??= await begin(context);
    const outcome = await (inChunks || session.received > 0 ? sendChunks : sendWhole)(context, source, session);
    if (outcome.kind === "done") return;
    signal.throwIfAborted();
    if (outcome.kind === "too-large" && !inChunks) {
      inChunks = true;
      session = undefined;
      continue;
    }
    const delay = outcome.kind === "failed" ? delayBeforeRetry(outcome.how, attempt, pace, Date.now()) : undefined;
    if (delay === undefined) throw outcome.error;
    await pause(delay, signal);
    session = await resume(context, session);
    // A line that is cut again and again carries a large blob all the same, as long as it gets on.
    if ((session?.received ?? 0) > furthest) attempt = 0;
    furthest = Math.max(furthest, session?.received ?? 0);
    source.onProgress?.(Math.min(session?.received ?? 0, descriptor.size));
  }
}

type Sent =
  | { readonly kind: "done" }
  | { readonly kind: "too-large"; readonly error: Error }
  /** It may go better another time. */
  | { readonly kind: "failed"; readonly how: Outcome; readonly error: Error };

async function begin({ ask, reference, descriptor, signal }: UploadContext): Promise<Session> {
  const response = await ask(reference, scoped(reference, { method: "POST", target: "blobs/uploads/" }), signal);
  if (response.status !== 202)
    throw await refusalOf(response, { reference, what: `the blob ${descriptor.digest}` }, signal);
  discard(response);
  const minimum = Number(response.headers["oci-chunk-min-length"] ?? 0);
  return { location: locationOf(response), received: 0, chunkMinimum: Number.isSafeInteger(minimum) ? minimum : 0 };
}

/** Asks how far an upload has come; undefined when the registry has forgotten it. */
async function resume({ ask, reference, signal }: UploadContext, session: Session): Promise<Session | undefined> {
  const request = scoped(reference, { method: "GET", target: session.location });
  const response = await ask(reference, request, signal).catch(() => undefined);
  signal.throwIfAborted();
  if (response === undefined) return undefined;
  discard(response);
  const last = /^(?:bytes=)?0-(\d+)$/.exec(response.headers.range?.toString() ?? "")?.[1];
  if (response.status !== 204 || last === undefined) return undefined;
  // `0-0` is what some say of nothing at all, and one byte more or less is not worth the doubt.
  if (last === "0") return undefined;
  return { ...session, location: locationOf(response, session.location), received: Number(last) + 1 };
}

function sendWhole(context: UploadContext, source: BlobSource, { location }: Session): Promise<Sent> {
  return sendPart(context, { method: "PUT", target: finishing(location, context.descriptor), from: 0, source });
}

async function sendChunks(context: UploadContext, source: BlobSource, session: Session): Promise<Sent> {
  const { size } = context.descriptor;
  const length = Math.max(CHUNK, session.chunkMinimum);
  let { location, received } = session;
  while (received < size) {
    const end = Math.min(received + length, size);
    const next = { location };
    const sent = await sendPart(context, {
      method: "PATCH",
      target: location,
      from: received,
      end,
      source,
      accepted: (response) => (next.location = locationOf(response, location)),
    });
    if (sent.kind !== "done") return sent;
    received = end;
    location = next.location;
  }
  return sendPart(context, { method: "PUT", target: finishing(location, context.descriptor), from: size, source });
}

interface Part {
  readonly method: "PUT" | "PATCH";
  readonly target: URL;
  readonly from: number;
  /** The end of the blob without it. */
  readonly end?: number;
  readonly source: BlobSource;
  readonly accepted?: (response: Response) => void;
}

async function sendPart({ ask, reference, descriptor, signal }: UploadContext, part: Part): Promise<Sent> {
  const { method, target, from, end = descriptor.size, source } = part;
  const range = method === "PATCH" ? { "content-range": `${from}-${end - 1}` } : {};
  const headers = { "content-type": "application/octet-stream", ...range };
  const body = end > from ? { body: streamed(source, from, end) } : {};
  let response: Response;
  try {
    response = await ask(reference, scoped(reference, { method, target, headers, ...body }), signal);
  } catch (error) {
    if (!(error instanceof Error) || !(error instanceof OciBuildError)) throw error;
    return { kind: "failed", how: { kind: "failed", code: systemCodeOf(error) }, error };
  }
  if (response.status === (method === "PUT" ? 201 : 202)) {
    discard(response);
    part.accepted?.(response);
    return { kind: "done" };
  }
  const { status, headers: answered } = response;
  const error = await refusalOf(response, { reference, what: `the blob ${descriptor.digest}` }, signal);
  if (status === 413) return { kind: "too-large", error };
  return { kind: "failed", how: { kind: "answered", status, retryAfter: answered["retry-after"] }, error };
}

function streamed({ open, onProgress }: BlobSource, start: number, end: number): StreamedBody {
  return {
    size: end - start,
    open: () => {
      const stream = open({ start, end });
      let sent = start;
      stream.on("data", (chunk: Buffer) => onProgress?.((sent += chunk.length)));
      // Whoever is to read it begins: a listener alone would make it flow.
      stream.pause();
      return stream;
    },
  };
}

function finishing(location: URL, { digest }: Descriptor): URL {
  const url = new URL(location);
  url.searchParams.set("digest", digest);
  return url;
}

function locationOf(response: Response, before = response.url): URL {
  const location = response.headers.location;
  if (location === undefined) return before;
  if (!URL.canParse(location, response.url.href))
    throw protocolError(response.url, "registry", "it sends an upload to something that is not a URL");
  return new URL(location, response.url.href);
}

function scoped(reference: Reference, request: RegistryRequest, ...more: readonly string[]): RegistryRequest {
  return { ...request, scopes: [`repository:${reference.repository}:pull,push`, ...more] };
}
