import type { Lifetime } from "../test/support/temporary.ts";

/** Lets `work` start what it needs, and ends all of that afterwards, the newest first. */
export async function withLifetime<T>(work: (lifetime: Lifetime) => Promise<T>): Promise<T> {
  const endings: (() => unknown)[] = [];
  try {
    return await work({ teardown: (action) => endings.unshift(action) });
  } finally {
    for (const end of endings) await end();
  }
}
