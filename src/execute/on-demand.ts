import { createFetching, type Fetching } from "../fetch/fetching.ts";
import { span } from "../progress/span.ts";
import type { Steps } from "../progress/steps.ts";
import type { Secrets } from "../secrets/secrets.ts";
import { type Engine, type EngineOptions, openEngine } from "./engine.ts";

export interface OnDemandOptions extends EngineOptions {
  readonly steps: Steps;
  /** What proves to servers who asks for files. */
  readonly secrets: Secrets;
}

/** The engine of a build, opened by whoever needs it first: most mistakes show without one. */
export class OnDemand {
  readonly #options: OnDemandOptions;
  #engine: Promise<Engine> | undefined;
  #fetching: Promise<Fetching> | undefined;

  constructor(options: OnDemandOptions) {
    this.#options = options;
  }

  engine(): Promise<Engine> {
    this.#engine ??= span("phase", "start the helper and open the store", () => openEngine(this.#options));
    return this.#engine;
  }

  /** What gets files from elsewhere into the engine's store. */
  fetching(): Promise<Fetching> {
    const { steps, secrets, offline = false, pins, signal } = this.#options;
    this.#fetching ??= this.engine().then(({ store }) =>
      createFetching({ store, environment: process.env, secrets, steps, offline, pins, signal }),
    );
    return this.#fetching;
  }

  async close(): Promise<void> {
    // What could not be opened has told so already.
    const fetching = await this.#fetching?.catch(() => undefined);
    fetching?.transport.close();
    const engine = await this.#engine?.catch(() => undefined);
    await engine?.close();
  }
}
