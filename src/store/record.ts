import { readIfPresent, touch } from "./durable.ts";

/**
 * Reads one of the store's small JSON records. A record that is missing or damaged is no record: what it would have
 * told is found out again.
 */
export async function readRecord(path: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  const text = await readIfPresent(path);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The same for a record whose time tells when it was used last. */
export async function readUsed(path: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  const record = await readRecord(path);
  if (record !== undefined) touch(path);
  return record;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

export function isText(value: unknown): value is string {
  return typeof value === "string";
}
