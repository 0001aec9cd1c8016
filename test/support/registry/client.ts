import { inspect } from "node:util";
import type { Test } from "tap";
import { parsePlatform, type Platform } from "../../../src/oci/platform.ts";
import { noCredentials, type CredentialSource, type Credentials } from "../../../src/registry/credentials.ts";
import { createRegistry, type Registry, type RegistryOptions } from "../../../src/registry/registry.ts";

export const amd64: Platform = parsePlatform("linux/amd64");

/** A client without credentials that tries again at once, closed when the test ends. */
export function createTestRegistry(t: Test, options: Partial<RegistryOptions> = {}): Registry {
  const registry = createRegistry({
    environment: {},
    signal: new AbortController().signal,
    credentials: noCredentials,
    pace: { firstDelay: 1, longestDelay: 2000 },
    timeouts: { connect: 5000, idle: 5000 },
    ...options,
  });
  t.teardown(() => registry.close());
  return registry;
}

/** A source that knows one login for every registry. */
export function always(credentials: Credentials): CredentialSource {
  return { find: () => Promise.resolve(credentials), places: ["/a/config.json"] };
}

/** All that an error says, with its causes, as a crash report would show it. */
export function wholeText(error: unknown): string {
  return inspect(error, { depth: 20, showHidden: true });
}

/** The error that a promise is rejected with. */
export async function errorOf(promise: Promise<unknown>): Promise<Error & { code?: string; hint?: string }> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new TypeError("nothing was thrown");
}

/** The whole of a stream. */
export async function readAll(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
