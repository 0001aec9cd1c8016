/** What a registry asks for in WWW-Authenticate (https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1). */
export interface Challenge {
  /** In lower case, e.g. `bearer`. */
  readonly scheme: string;
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

const token = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const tokenOrQuoted = /(?:[!#$%&'*+.^_`|~0-9A-Za-z/:=-]+)|"(?:[^"\\]|\\.)*"/y;
const equals = /[ \t]*=[ \t]*/y;
const separators = /[ \t,]*/y;

/** Reads every challenge of a WWW-Authenticate header, in order. What cannot be read ends the list. */
export function parseChallenges(header: string): readonly Challenge[] {
  const cursor = { text: header, at: 0 };
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  take(cursor, separators);
  for (let word = take(cursor, token); word !== undefined; word = take(cursor, token)) {
    const value = take(cursor, equals) === undefined ? undefined : take(cursor, tokenOrQuoted);
    // A word with `=` is a parameter of the challenge before it; a word without starts a new challenge.
    if (value === undefined) challenges.push({ scheme: word.toLowerCase(), parameters: new Map() });
    else challenges.at(-1)?.parameters.set(word.toLowerCase(), unquote(value));
    take(cursor, separators);
  }
  return challenges;
}

function take(cursor: { text: string; at: number }, pattern: RegExp): string | undefined {
  pattern.lastIndex = cursor.at;
  const found = pattern.exec(cursor.text)?.[0];
  if (found === undefined) return undefined;
  cursor.at += found.length;
  return found;
}

function unquote(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, "$1") : value;
}
