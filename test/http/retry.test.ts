import t from "tap";
import { delayBeforeRetry, parseRetryAfter, type Outcome } from "../../src/http/retry.ts";

const pace = { firstDelay: 100, longestDelay: 10_000 };
const now = Date.parse("2024-01-01T00:00:00Z");

function answered(status: number, retryAfter?: string): Outcome {
  return { kind: "answered", status, retryAfter };
}

t.test("what may pass is tried again, ever more slowly and four times in all", (t) => {
  for (const outcome of [
    answered(500),
    answered(502),
    answered(503),
    answered(504),
    answered(429),
    answered(408),
    { kind: "failed", code: "ECONNRESET" } as const,
  ])
    t.strictSame(
      [1, 2, 3, 4].map((attempt) => delayBeforeRetry(outcome, attempt, pace, now)),
      [100, 200, 400, undefined],
      JSON.stringify(outcome),
    );
  t.end();
});

t.test("what will not pass is not tried again", (t) => {
  for (const status of [200, 206, 301, 400, 401, 403, 404, 416, 501])
    t.equal(delayBeforeRetry(answered(status), 1, pace, now), undefined, String(status));
  for (const code of ["ECONNREFUSED", "ENOTFOUND", "CERT_HAS_EXPIRED", undefined])
    t.equal(delayBeforeRetry({ kind: "failed", code }, 1, pace, now), undefined, String(code));
  t.end();
});

t.test("Retry-After decides, unless it asks for too much", (t) => {
  t.equal(delayBeforeRetry(answered(429, "2"), 1, pace, now), 2000);
  t.equal(delayBeforeRetry(answered(503, "0"), 3, pace, now), 0);
  t.equal(delayBeforeRetry(answered(429, "11"), 1, pace, now), undefined);
  t.equal(delayBeforeRetry(answered(429, "2"), 4, pace, now), undefined);
  t.equal(delayBeforeRetry(answered(429, "soon"), 1, pace, now), 100);
  t.end();
});

t.test("Retry-After is seconds or a date", (t) => {
  t.equal(parseRetryAfter("120", now), 120_000);
  t.equal(parseRetryAfter("Mon, 01 Jan 2024 00:00:30 GMT", now), 30_000);
  t.equal(parseRetryAfter("Sun, 31 Dec 2023 00:00:00 GMT", now), 0);
  t.equal(parseRetryAfter("soon", now), undefined);
  t.equal(parseRetryAfter(undefined, now), undefined);
  t.end();
});
