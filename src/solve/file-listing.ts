/**
 * What differs between two listings of a tree, in one clause with the first few files.
 * @param now,then as the helper writes them: a line `TYPE MODE DIGEST PATH` for each entry
 * @returns undefined when they are equal
 */
export function differingFiles(now: string, then: string): string | undefined {
  const [entriesNow, entriesThen] = [read(now), read(then)];
  const changes = [...new Set([...entriesNow.keys(), ...entriesThen.keys()])]
    .toSorted()
    .flatMap((path) => changeOf(path, entriesNow.get(path), entriesThen.get(path)));
  if (changes.length === 0) return undefined;
  const named = changes.slice(0, NAMED).join(", ");
  return changes.length > NAMED ? `${named}, and ${changes.length - NAMED} more` : named;
}

const NAMED = 3;

interface Entry {
  readonly type: string;
  readonly mode: string;
  readonly digest: string;
}

function read(listing: string): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const line of listing.split("\n")) {
    const [, type, mode, digest, path] = /^(.) (\d+) ([0-9a-f]+) (.*)$/.exec(line) ?? [];
    if (type !== undefined && mode !== undefined && digest !== undefined && path !== undefined)
      entries.set(path, { type, mode, digest });
  }
  return entries;
}

function changeOf(path: string, now: Entry | undefined, then: Entry | undefined): readonly string[] {
  const name = path === "" ? "the directory" : path;
  if (now === undefined) return [`${name} is gone`];
  if (then === undefined) return [`${name} is new`];
  if (now.digest === then.digest) return [];
  if (now.type !== then.type)
    return [`${name} is ${types[now.type] ?? "something"}, was ${types[then.type] ?? "else"}`];
  if (now.mode !== then.mode) return [`${name} has the mode ${now.mode}, had ${then.mode}`];
  return [`${name} is ${short(now.digest)}, was ${short(then.digest)}`];
}

const types: Readonly<Record<string, string>> = {
  f: "a file",
  d: "a directory",
  l: "a link",
  c: "a device",
  b: "a device",
  p: "a pipe",
};

function short(digest: string): string {
  return digest.slice(0, 12);
}
