import type { OciBuildError } from "../errors.ts";
import { connectionError } from "../http/connection-error.ts";
import type { Response } from "../http/transport.ts";

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
    throw connectionError(error as Error, response.url, "registry");
  }
  return Buffer.concat(chunks);
}
