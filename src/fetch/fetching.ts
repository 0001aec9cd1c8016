import type { Environment } from "../http/proxy.ts";
import { defaultPace, type Pace } from "../http/retry.ts";
import { createTransport, defaultTimeouts, type Transport } from "../http/transport.ts";
import type { Steps } from "../progress/steps.ts";
import type { Pins } from "../lock/pins.ts";
import type { Store } from "../store/store.ts";
import type { FetchSecrets } from "./authorization.ts";

/** What fetching works with: where things are kept, the way out, and who is told. */
export interface Fetching {
  readonly store: Store;
  readonly transport: Transport;
  readonly pace: Pace;
  /** Of this process; git gets parts of it. */
  readonly environment: Environment;
  /** What proves to servers who asks. */
  readonly secrets: FetchSecrets;
  readonly steps: Steps;
  /** What URLs and references stand for, where that is asked for or noted down. */
  readonly pins?: Pins | undefined;
  /** Ask nobody: what is not in the store is an error. */
  readonly offline: boolean;
  /** Aborting it ends what is under way. */
  readonly signal: AbortSignal;
}

/** Fetching at its usual pace. Whoever made it closes its transport. */
export function createFetching(
  given: Pick<Fetching, "store" | "environment" | "secrets" | "steps" | "offline" | "pins" | "signal">,
): Fetching {
  return { ...given, pace: defaultPace, transport: createTransport(given.environment, defaultTimeouts, "server") };
}
