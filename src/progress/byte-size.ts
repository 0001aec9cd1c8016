const units = ["B", "kB", "MB", "GB", "TB", "PB"];

/** A size in decimal units with three digits, as docker shows it: `0B`, `1.5kB`, `45.2MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 999.5 would be shown as 1000.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const text = unit === 0 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
  return `${text}${units[unit] ?? ""}`;
}
