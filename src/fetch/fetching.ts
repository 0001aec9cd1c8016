import type { Environment } from "../http/proxy.ts";
import type { Pace } from "../http/retry.ts";
import type { Transport } from "../http/transport.ts";
import type { Steps } from "../progress/steps.ts";
import type { Store } from "../store/store.ts";

/** What fetching works with: where things are kept, the way out, and who is told. */
export interface Fetching {
  readonly store: Store;
  readonly transport: Transport;
  readonly pace: Pace;
  /** Of this process; git gets parts of it. */
  readonly environment: Environment;
  readonly steps: Steps;
  /** Aborting it ends what is under way. */
  readonly signal: AbortSignal;
}
