import { parseDuration } from "../instructions/duration.ts";

const DAY_MS = 86_400_000;

/** Reads how long ago: a duration as Go writes it (`24h`, `1h30m`), or days or weeks (`30d`, `2w`). Milliseconds; undefined when it is none. */
export function parseAge(text: string): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?)([dw])$/.exec(text) ?? [];
  if (number !== undefined) return Number(number) * DAY_MS * (unit === "w" ? 7 : 1);
  const nanoseconds = parseDuration(text);
  return nanoseconds === undefined || nanoseconds < 0 ? undefined : nanoseconds / 1e6;
}
