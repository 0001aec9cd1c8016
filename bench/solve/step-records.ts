import { createHash } from "node:crypto";
import { chownSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Fills a store with records of steps that nobody asks for, of the size of one that is there. */
export function addStepRecords(store: string, count: number): void {
  const directory = join(store, "steps");
  const [example] = readdirSync(directory);
  if (example === undefined) throw new Error(`${directory} has no record`);
  const record = readFileSync(join(directory, example));
  const { uid, gid } = statSync(directory);
  for (let n = 0; n < count; n += 1) {
    const path = join(directory, `${createHash("sha256").update(String(n)).digest("hex")}.json`);
    writeFileSync(path, record);
    chownSync(path, uid, gid);
  }
}
