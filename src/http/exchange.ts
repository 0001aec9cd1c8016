import { systemCodeOf } from "./connection-error.ts";
import { discard } from "./discard.ts";
import { followRedirects, type RedirectRules } from "./redirect.ts";
import { delayBeforeRetry, pause, type Outcome, type Pace } from "./retry.ts";
import type { Request, Response, Send } from "./transport.ts";

export interface ExchangeRules extends RedirectRules {
  readonly pace: Pace;
}

/** `send` with redirects followed and passing failures tried again; whatever comes after the last try is answered. */
export function createExchange(send: Send, rules: ExchangeRules): Send {
  const follow = followRedirects(send, rules);
  return async (request, signal) => {
    for (let attempt = 1; ; attempt++) {
      const result = await settle(follow(request, signal));
      signal.throwIfAborted();
      const delay = !repeats(request)
        ? undefined
        : delayBeforeRetry(outcomeOf(result), attempt, rules.pace, Date.now());
      if (delay === undefined) {
        if (result.kind === "failed") throw result.error;
        return result.response;
      }
      if (result.kind === "answered") discard(result.response);
      await pause(delay, signal);
    }
  };
}

/** What was sent of a file is the sender's to know, and a PATCH sent twice would append twice. */
function repeats({ method, body }: Request): boolean {
  return method !== "PATCH" && (body === undefined || typeof body === "string" || body instanceof Uint8Array);
}

type Result =
  | { readonly kind: "answered"; readonly response: Response }
  | { readonly kind: "failed"; readonly error: unknown };

async function settle(exchange: Promise<Response>): Promise<Result> {
  try {
    return { kind: "answered", response: await exchange };
  } catch (error) {
    return { kind: "failed", error };
  }
}

function outcomeOf(result: Result): Outcome {
  if (result.kind === "failed") return { kind: "failed", code: systemCodeOf(result.error) };
  const { status, headers } = result.response;
  return { kind: "answered", status, retryAfter: headers["retry-after"] };
}
