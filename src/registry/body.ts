import type { OciBuildError } from "../errors.ts";
import { connectionError } from "./connection-error.ts";
import type { Response } from "./transport.ts";

/** A body that is longer than this is not worth reading just to keep its connection. */
const longestDrain = 64 * 1024;

/** Gives up an answer whose body nobody needs. */
export function discard({ body, headers }: Response): void {
  const length = headers["content-length"];
  if (length !== undefined && Number(length) <= longestDrain) body.resume();
  else body.destroy();
}

interface Limit {
  /** Bytes. */
  readonly limit: number;
  /** Makes the error for a longer body. */
  readonly tooLong: () => OciBuildError;
}

/**
 * Reads a whole body into memory. One that is too long is given up where the limit is passed, or before its first byte
 * when its length is announced.
 */
export async function readBody(
  response: Response,
  { limit, tooLong }: Limit,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (Number(response.headers["content-length"] ?? 0) > limit) {
    response.body.destroy();
    throw tooLong();
  }
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > limit) throw tooLong();
      chunks.push(chunk);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw connectionError(error as Error, response.url);
  }
  return Buffer.concat(chunks);
}
