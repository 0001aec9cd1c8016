import { readIfPresent } from "./durable.ts";

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

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

export function isText(value: unknown): value is string {
  return typeof value === "string";
}
