import { readlinkSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { Test } from "tap";
import { temporaryDirectory } from "./temporary.ts";

/** A PATH with everything that this one has, but for one program. */
export function pathWithout(t: Test, program: string): string {
  const directory = temporaryDirectory(t);
  for (const name of ["sh", "env", "setpriv", "node", "newuidmap", "newgidmap", "bwrap"]) {
    if (name === program) continue;
    const found = name === "node" ? readlinkSync("/proc/self/exe") : join("/usr/bin", name);
    symlinkSync(found, join(directory, name));
  }
  return directory;
}
