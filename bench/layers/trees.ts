import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { debianLayout } from "../../test/support/bases.ts";

/** What is measured consists of pieces of a Debian base: programs, libraries, text; it compresses like real layers do. */
export interface Material {
  /** The base's blob as the registry has it. */
  readonly blob: string;
  /** Its tar. */
  readonly tar: Buffer;
}

export async function loadMaterial(): Promise<Material> {
  const layout = await debianLayout();
  const read = (digest: string): string => join(layout, "blobs", digest.replace(":", "/"));
  const parse = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));
  const { manifests } = parse(join(layout, "index.json")) as { manifests: { digest: string }[] };
  const { layers } = parse(read(manifests[0]?.digest ?? "")) as { layers: { digest: string }[] };
  const blob = read(layers[0]?.digest ?? "");
  return { blob, tar: gunzipSync(readFileSync(blob)) };
}

const FILES_EACH = 100;
const DIRECTORIES_EACH = 100;

/** Writes so many files of 128 bytes to 16 KiB, small ones being more frequent, 100 to a directory. */
export function writeSmallFiles(root: string, count: number, { tar }: Material): void {
  const random = generator(count);
  for (let number = 0; number < count; number += FILES_EACH) {
    const group = Math.floor(number / FILES_EACH);
    const directory = join(root, `d${Math.floor(group / DIRECTORIES_EACH)}`, `e${group % DIRECTORIES_EACH}`);
    mkdirSync(directory, { recursive: true });
    for (let file = 0; file < Math.min(FILES_EACH, count - number); file += 1) {
      const size = Math.floor(128 * 2 ** (7 * random()));
      const start = Math.floor(random() * (tar.length - size));
      writeFileSync(join(directory, `f${file}.txt`), tar.subarray(start, start + size));
    }
  }
}

/** Writes one file: the base's tar as often as it takes. What repeats lies too far back for any of the compressors. */
export function writeLargeFile(root: string, size: number, { tar }: Material): void {
  mkdirSync(root, { recursive: true });
  const file = openSync(join(root, "large"), "w");
  for (let written = 0; written < size;) written += writeSync(file, tar, 0, Math.min(tar.length, size - written));
  closeSync(file);
}

/** Numbers from 0 to 1 that are the same each time (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
