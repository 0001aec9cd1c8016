const units: readonly (readonly [name: string, seconds: number])[] = [
  ["year", 365 * 86_400],
  ["month", 30 * 86_400],
  ["week", 7 * 86_400],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** How long ago an RFC 3339 time was, e.g. `3 weeks ago`. `now` is in milliseconds since 1970. */
export function formatAge(time: string | undefined, now: number): string {
  const then = time === undefined ? Number.NaN : Date.parse(time);
  if (Number.isNaN(then)) return "N/A";
  // Reproducible builds say 1970; that is no age.
  if (then <= 0) return "1970 (fixed)";
  const seconds = Math.max(0, (now - then) / 1000);
  for (const [name, length] of units) {
    const count = Math.floor(seconds / length);
    if (count >= 1) return `${count} ${name}${count === 1 ? "" : "s"} ago`;
  }
  return "moments ago";
}
