import type { Test } from "tap";
import type { Fetching } from "../../src/fetch/fetching.ts";
import { findHelper } from "../../src/helper/find.ts";
import { openSession } from "../../src/helper/session.ts";
import { createTransport } from "../../src/http/transport.ts";
import type { BuildEvent } from "../../src/progress/event.ts";
import { Steps } from "../../src/progress/steps.ts";
import { closeStore, openStore } from "../../src/store/store.ts";
import { temporaryDirectory } from "./temporary.ts";

export interface FetchingHere extends Fetching {
  readonly events: BuildEvent[];
  readonly abort: AbortController;
}

/** A store of the test's own, and what fetches into it without waiting long between tries. */
export async function fetchingHere(t: Test): Promise<FetchingHere> {
  const session = await openSession({ helper: findHelper(), namespace: false, stdio: "none" });
  const store = await openStore(`${temporaryDirectory(t)}/store`, session);
  const transport = createTransport({}, { connect: 5000, idle: 5000 }, "server");
  t.teardown(async () => {
    transport.close();
    await closeStore(store);
    await session.close();
  });
  const events: BuildEvent[] = [];
  const abort = new AbortController();
  return {
    store,
    transport,
    pace: { firstDelay: 1, longestDelay: 1000 },
    environment: process.env,
    secrets: new Map(),
    steps: new Steps((event) => events.push(event), abort.signal),
    offline: false,
    signal: abort.signal,
    events,
    abort,
  };
}
