import type { Response } from "./transport.ts";

/** A body that is longer than this is not worth reading just to keep its connection. */
const longestDrain = 64 * 1024;

/** Gives up an answer whose body nobody needs. */
export function discard({ body, headers }: Response): void {
  const length = headers["content-length"];
  if (length !== undefined && Number(length) <= longestDrain) body.resume();
  else body.destroy();
}
