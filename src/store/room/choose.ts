import type { Item } from "./item.ts";

/** How much of what builds could still use is to go. What is of no use to any build goes in any case. */
export interface Clearing {
  /** All of it. */
  readonly all: boolean;
  /** Only what was not used since (milliseconds since 1970); also of what is of no use. */
  readonly unusedSince?: number | undefined;
  /** What was used least recently, until the store takes no more than these bytes. */
  readonly keepBytes?: number | undefined;
}

/** What is to be removed, in this order. */
export function chooseVictims(
  items: readonly Item[],
  { all, unusedSince = Infinity, keepBytes }: Clearing,
): readonly Item[] {
  const old = items.filter(({ lastUsed }) => lastUsed < unusedSince);
  const useless = old.filter(({ need }) => need === "nothing");
  const cache = old.filter(({ need }) => need === "cache").toSorted((a, b) => a.lastUsed - b.lastUsed);
  if (keepBytes !== undefined) {
    let total = totalBytes(items) - totalBytes(useless);
    // Records take little, and what they spare much; those of what goes are of no use then.
    const tooMuch = cache.filter(({ bytes, kind }) => {
      if (total <= keepBytes || kind === "record") return false;
      total -= bytes;
      return true;
    });
    return [...useless, ...tooMuch];
  }
  return all || unusedSince !== Infinity ? [...useless, ...cache] : useless;
}

export function totalBytes(items: readonly Item[]): number {
  return items.reduce((sum, { bytes }) => sum + bytes, 0);
}
