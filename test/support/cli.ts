import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkout } from "./checkout.ts";
import type { Ended, ProcessOptions, Running } from "./process.ts";
import { accountOf, startAsUser, type UserName } from "./users.ts";

export interface CliOptions extends ProcessOptions {
  /** Who runs it; `self` unless told. */
  readonly as?: UserName | undefined;
}

/** Runs the built command line to its end. Any exit code is an answer. */
export function ociBuild(args: readonly string[], options: CliOptions = {}): Promise<Ended> {
  return startOciBuild(args, options).ended;
}

/** Starts the built command line, for tests that act while it runs. */
export function startOciBuild(args: readonly string[], options: CliOptions = {}): Running {
  const { as = "self", ...rest } = options;
  // The test runner makes every Node process load its own modules and write into the checkout: not the one under test.
  return startAsUser(as, ["env", "-u", "NODE_OPTIONS", ...programFor(as), ...args], rest);
}

/** The command line's argv for a user: the checkout's own, or a copy where the user cannot read the checkout. */
export function programFor(user: UserName): readonly string[] {
  const own = [process.execPath, join(checkout, "dist/cli.js")];
  if (user === "self" || (mayRead(user, own[0]) && mayRead(user, own[1]))) return own;
  copy ??= makeCopy();
  return [mayRead(user, own[0]) ? process.execPath : join(copy, "node"), join(copy, "dist/cli.js")];
}

let copy: string | undefined;

function mayRead(user: Exclude<UserName, "self">, path: string | undefined): boolean {
  const { uid, gid } = accountOf(user);
  const become = [`--reuid=${uid}`, `--regid=${gid}`, "--init-groups"];
  return path !== undefined && spawnSync("setpriv", [...become, "test", "-r", path]).status === 0;
}

/** The program is complete without node_modules: everything it imports is in the bundle. */
function makeCopy(): string {
  const directory = mkdtempSync(join(tmpdir(), "oci-build-program-"));
  process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
  chmodSync(directory, 0o755);
  for (const part of ["dist/cli.js", "dist/chunks", "dist/oci-build-helper", "package.json"])
    cpSync(join(checkout, part), join(directory, part), { recursive: true });
  cpSync(process.execPath, join(directory, "node"));
  execFileSync("chmod", ["-R", "a+rX", directory]);
  return directory;
}
