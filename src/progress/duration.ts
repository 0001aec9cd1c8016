/** `0.3s`, `59.9s`, `2m05s`, `1h02m`: for people. */
export function formatDuration(milliseconds: number): string {
  const tenths = Math.floor(milliseconds / 100);
  if (tenths < 600) return `${(tenths / 10).toFixed(1)}s`;
  const seconds = Math.floor(tenths / 10);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${pad(seconds % 60)}s`;
  return `${Math.floor(seconds / 3600)}h${pad(Math.floor(seconds / 60) % 60)}m`;
}

/** Seconds with `digits` decimals and no other unit: for what is sorted and compared. */
export function formatSeconds(milliseconds: number, digits: number): string {
  return (milliseconds / 1000).toFixed(digits);
}

function pad(count: number): string {
  return String(count).padStart(2, "0");
}
