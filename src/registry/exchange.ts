import { OciBuildError } from "../errors.ts";
import { discard } from "./body.ts";
import { systemCodeOf } from "./connection-error.ts";
import { isLoopback } from "./endpoint.ts";
import { followRedirects } from "./redirect.ts";
import { delayBeforeRetry, pause, type Outcome, type Pace } from "./retry.ts";
import type { Response, Send } from "./transport.ts";

interface Rules {
  readonly pace: Pace;
  /** Hosts, with their port if they have one, that may be spoken to over plain http although they are elsewhere. */
  readonly insecureRegistries: readonly string[];
}

/** `send` with redirects followed and passing failures tried again; whatever comes after the last try is answered. */
export function createExchange(send: Send, rules: Rules): Send {
  const follow = followRedirects(send, (url) => refusePlainHttp(url, rules.insecureRegistries));
  return async (request, signal) => {
    for (let attempt = 1; ; attempt++) {
      const result = await settle(follow(request, signal));
      signal.throwIfAborted();
      const delay = delayBeforeRetry(outcomeOf(result), attempt, rules.pace, Date.now());
      if (delay === undefined) {
        if (result.kind === "failed") throw result.error;
        return result.response;
      }
      if (result.kind === "answered") discard(result.response);
      await pause(delay, signal);
    }
  };
}

/** Whether a host may be spoken to over plain http. */
export function mayUseHttp(host: string, insecureRegistries: readonly string[]): boolean {
  return isLoopback(host) || insecureRegistries.some((insecure) => normal(insecure) === normal(host));
}

/** In lower case, and without http's own port. */
function normal(host: string): string {
  const url = `http://${host}`;
  return URL.canParse(url) ? new URL(url).host : host;
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

function refusePlainHttp(url: URL, insecureRegistries: readonly string[]): void {
  if (url.protocol === "https:" || mayUseHttp(url.host, insecureRegistries)) return;
  throw new OciBuildError("registry-insecure", `${url.host} is not asked over plain http`, {
    hint: "if its network can be trusted, allow it with --insecure-registry",
  });
}
