import { join } from "node:path";
import { checkout } from "./checkout.ts";
import { output } from "./process.ts";

/** What two equal trees have in common, entry by entry. */
export interface TreeEntry {
  /** Relative to the root, which is `.` itself. */
  readonly path: string;
  readonly kind: "file" | "directory" | "symlink" | "character" | "block" | "fifo" | "socket";
  /** Permission bits with set-id and sticky bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Whole seconds since 1970. */
  readonly mtime: number;
  /** Values in hexadecimal; overlay's own attributes are left out. */
  readonly xattrs: Readonly<Record<string, string>>;
  readonly size?: number;
  readonly sha256?: string;
  readonly target?: string;
  /** Major and minor number. */
  readonly device?: readonly [number, number];
  /** First path of the group of hard links that this file belongs to. */
  readonly sameFileAs?: string;
}

/**
 * Describes a directory tree, sorted by path, with a program that shares nothing with oci-build (Python).
 * `inside` goes in front of the command, to look from within a user namespace.
 */
export async function describeTree(directory: string, inside: readonly string[] = []): Promise<readonly TreeEntry[]> {
  const argv = [...inside, "/usr/bin/python3", join(checkout, "test/support/tree.py"), directory];
  return JSON.parse(await output(argv)) as readonly TreeEntry[];
}

/** One line for each difference, e.g. `usr/bin/x: mode 493, not 420`; none when the trees are equal. */
export function differences(found: readonly TreeEntry[], wanted: readonly TreeEntry[]): readonly string[] {
  const foundByPath = new Map(found.map((entry) => [entry.path, entry]));
  const wantedPaths = new Set(wanted.map((entry) => entry.path));
  return [
    ...found.filter((entry) => !wantedPaths.has(entry.path)).map((entry) => `${entry.path}: should not exist`),
    ...wanted.flatMap((entry) => entryDifferences(foundByPath.get(entry.path), entry)),
  ];
}

function entryDifferences(found: TreeEntry | undefined, wanted: TreeEntry): readonly string[] {
  if (found === undefined) return [`${wanted.path}: is missing`];
  const fields = [...new Set([...Object.keys(found), ...Object.keys(wanted)])] as (keyof TreeEntry)[];
  return fields
    .filter((field) => JSON.stringify(found[field]) !== JSON.stringify(wanted[field]))
    .map((field) => `${wanted.path}: ${field} ${JSON.stringify(found[field])}, not ${JSON.stringify(wanted[field])}`);
}
