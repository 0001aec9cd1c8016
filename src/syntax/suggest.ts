/**
 * The option that a misspelt word most likely means: at most two edits away, as BuildKit suggests, and at most one for
 * each two letters; undefined when none is near, or when the word is one of the options.
 */
export function suggest(word: string, options: Iterable<string>): string | undefined {
  let best: string | undefined;
  let nearest = Math.min(2, Math.floor(word.length / 2)) + 1;
  for (const option of options) {
    if (Math.abs(word.length - option.length) >= nearest) continue;
    const distance = editDistance(word.toLowerCase(), option.toLowerCase());
    if (distance === 0) return undefined;
    if (distance < nearest) [best, nearest] = [option, distance];
  }
  return best;
}

/** ` (did you mean X?)`, or nothing: to be put behind a message. */
export function didYouMean(word: string, options: Iterable<string>): string {
  const best = suggest(word, options);
  return best === undefined ? "" : ` (did you mean ${best}?)`;
}

/** Fewest insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = cell(last, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const swapped =
        a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1] ? cell(beforeLast, column - 2) + 1 : Infinity;
      current.push(Math.min(cell(last, column) + 1, cell(current, column - 1) + 1, replaced, swapped));
    }
    [beforeLast, last] = [last, current];
  }
  return cell(last, b.length);
}

function cell(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
