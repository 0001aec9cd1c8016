/**
 * The option that a misspelt word most likely means: at most two edits away, as BuildKit suggests; undefined when none is
 * near, or when the word is one of the options.
 */
export function suggest(word: string, options: Iterable<string>): string | undefined {
  let best: string | undefined;
  let nearest = 3;
  for (const option of options) {
    const distance = editDistance(word.toLowerCase(), option.toLowerCase(), nearest);
    if (distance === 0) return undefined;
    if (distance < nearest) {
      nearest = distance;
      best = option;
    }
  }
  return best;
}

/** ` (did you mean X?)`, or nothing: to be put behind a message. */
export function didYouMean(word: string, options: Iterable<string>): string {
  const best = suggest(word, options);
  return best === undefined ? "" : ` (did you mean ${best}?)`;
}

/** Levenshtein distance, given up as `limit` where the lengths alone differ by that much. */
function editDistance(from: string, to: string, limit: number): number {
  if (Math.abs(from.length - to.length) >= limit) return limit;
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const substitution = (previous[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[to.length] ?? limit;
}
