import { matchEnds, parseGlob, reversed } from "./glob.ts";

/** An expansion that cannot be done: bad syntax, or a variable that `:?` demands. */
export class ExpansionError extends Error {
  override readonly name = "ExpansionError";
  /** What could not be expanded, as it is written. */
  piece: string | undefined;
  /** The variable that was demanded and has no value. */
  readonly variable: string | undefined;

  constructor(message: string, variable?: string) {
    super(message);
    this.variable = variable;
  }
}

/** `${v#pattern}` and `${v##pattern}`: the value without the shortest or longest prefix that matches. */
export function withoutPrefix(value: string, pattern: string, longest: boolean): string {
  const characters = [...value];
  const ends = matchEnds(globOf(pattern), characters, 0);
  if (ends === undefined) return value;
  return characters.slice(longest ? ends.longest : ends.shortest).join("");
}

/** `${v%pattern}` and `${v%%pattern}`: the value without the shortest or longest suffix that matches. */
export function withoutSuffix(value: string, pattern: string, longest: boolean): string {
  const characters = [...value];
  const ends = matchEnds(reversed(globOf(pattern)), reversed(characters), 0);
  if (ends === undefined) return value;
  return characters.slice(0, characters.length - (longest ? ends.longest : ends.shortest)).join("");
}

/** `${v/pattern/replacement}` and `${v//pattern/replacement}`: the first or each longest match replaced. */
export function withReplacement(
  value: string,
  substitution: { pattern: string; replacement: string; all: boolean },
): string {
  const tokens = globOf(substitution.pattern);
  const characters = [...value];
  let result = "";
  let matchedTo = -1;
  for (let at = 0; at <= characters.length;) {
    const end = matchEnds(tokens, characters, at)?.longest;
    const adjoins = end === at && at === matchedTo;
    if (end !== undefined && !adjoins) {
      result += substitution.replacement;
      if (!substitution.all) return result + characters.slice(end).join("");
      matchedTo = end;
    }
    if (end !== undefined && end > at) at = end;
    else {
      result += characters[at] ?? "";
      at += 1;
    }
  }
  return result;
}

function globOf(pattern: string): NonNullable<ReturnType<typeof parseGlob>> {
  const tokens = parseGlob(pattern);
  if (tokens === undefined) throw new ExpansionError(`invalid escape in the pattern ${JSON.stringify(pattern)}`);
  return tokens;
}
