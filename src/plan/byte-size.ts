const units = "kmgtp";

/** A size as docker reads it: `1024`, `64k`, `1.5m`, `2GiB`, each step 1024; undefined for anything else. */
export function parseByteSize(text: string): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s?(?:([kmgtp])i?)?b?$/i.exec(text) ?? [];
  if (number === undefined) return undefined;
  const power = unit === undefined ? 0 : units.indexOf(unit.toLowerCase()) + 1;
  return Math.floor(Number(number) * 1024 ** power);
}
