import { setTimeout as sleep } from "node:timers/promises";

/** How one exchange with a host ended, as far as trying again is concerned. */
export type Outcome =
  | { readonly kind: "answered"; readonly status: number; readonly retryAfter: string | undefined }
  /** No answer came; `code` is the system's error code. */
  | { readonly kind: "failed"; readonly code: string | undefined };

/** How long to wait between attempts. Milliseconds. */
export interface Pace {
  /** Before the second attempt; doubled before each further one. */
  readonly firstDelay: number;
  /** A host that asks for a longer pause gets none: the error comes at once and says how long. */
  readonly longestDelay: number;
}

export const defaultPace: Pace = { firstDelay: 250, longestDelay: 30_000 };

const attempts = 4;
const passingStatus: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);
/** A refused connection or an unknown host is no hiccup: it is not in this list. */
const passingFailure: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE", "ECONNABORTED", "EAI_AGAIN", "ETIMEDOUT"]);

/**
 * Milliseconds to wait before trying again, undefined to give up.
 * @param attempt how many were made, from 1
 * @param now milliseconds since 1970, for a Retry-After that is a date
 */
export function delayBeforeRetry(outcome: Outcome, attempt: number, pace: Pace, now: number): number | undefined {
  if (attempt >= attempts) return undefined;
  const doubled = Math.min(pace.firstDelay * 2 ** (attempt - 1), pace.longestDelay);
  if (outcome.kind === "failed") return passingFailure.has(outcome.code ?? "") ? doubled : undefined;
  if (!passingStatus.has(outcome.status)) return undefined;
  const asked = parseRetryAfter(outcome.retryAfter, now);
  if (asked === undefined) return doubled;
  return asked > pace.longestDelay ? undefined : asked;
}

/** Milliseconds that a Retry-After header asks for (https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3). */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** Waits. Throws the signal's reason when it is aborted. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => signal.throwIfAborted());
}
