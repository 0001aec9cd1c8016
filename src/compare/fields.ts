import type { FieldDifference } from "./difference.ts";

/** What two JSON values have not alike, member by member, in the order of the first and then of the second. */
export function differingFields(
  before: unknown,
  after: unknown,
  kind: FieldDifference["kind"],
): readonly FieldDifference[] {
  return contrast(before, after, "").map((found) => ({ kind, ...found }));
}

interface Found {
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

function contrast(before: unknown, after: unknown, path: string): readonly Found[] {
  if (Object.is(before, after)) return [];
  const [ours, theirs] = [membersOf(before), membersOf(after)];
  if (ours === undefined || theirs === undefined || Array.isArray(before) !== Array.isArray(after))
    return [{ path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
  const names = new Set([...ours.keys(), ...theirs.keys()]);
  return [...names].flatMap((name) =>
    contrast(ours.get(name), theirs.get(name), placeOf(path, name, Array.isArray(before))),
  );
}

function membersOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  return typeof value === "object" && value !== null ? new Map(Object.entries(value)) : undefined;
}

function placeOf(path: string, name: string, isElement: boolean): string {
  if (isElement) return `${path}[${name}]`;
  if (!/^[A-Za-z_][\w-]*$/.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path === "" ? name : `${path}.${name}`;
}
