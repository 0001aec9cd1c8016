import type { Peer } from "./peer.ts";
import { changeOneFile } from "./scenario.ts";

export const rows = ["pull", "cold", "nothing changed", "one file changed", "no cache"] as const;
export type Row = (typeof rows)[number];

/** Seconds, one list of rounds for each row. */
export type Times = ReadonlyMap<Row, readonly number[]>;

export interface Work {
  readonly context: string;
  readonly base: string;
}

/** One pull into a new store. All rounds of it come first: no other row has deleted anything by then. */
export async function measurePull(peer: Peer, { base }: Work): Promise<ReadonlyMap<Row, number>> {
  await peer.empty();
  return new Map([["pull", await seconds(() => peer.pull(base))]]);
}

/** One round of the other rows, in an order in which each finds the store that it speaks of. */
export async function measureBuilds(peer: Peer, { context }: Work): Promise<ReadonlyMap<Row, number>> {
  const times = new Map<Row, number>();
  await peer.empty();
  times.set("cold", await seconds(() => peer.build(context, { cache: true })));
  times.set("nothing changed", await seconds(() => peer.build(context, { cache: true })));
  changeOneFile(context);
  times.set("one file changed", await seconds(() => peer.build(context, { cache: true })));
  times.set("no cache", await seconds(() => peer.build(context, { cache: false })));
  return times;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
