import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Test } from "tap";
import { checkout, isRoot, mustRun } from "./checkout.ts";
import { start, type Ended, type ProcessOptions, type Running } from "./process.ts";

/** Who a test works as: whoever runs the tests, or one of the users that `.ci/test-users` makes. */
export type UserName = "self" | "ocib-subids" | "ocib-plain";

export interface UserAccount {
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

let made = false;
const accounts = new Map<UserName, UserAccount>();

/** Ids and home of a user; makes the users the first time. Only root can become somebody else. */
export function accountOf(name: Exclude<UserName, "self">): UserAccount {
  if (!made) execFileSync(join(checkout, ".ci/test-users"), { stdio: ["ignore", "ignore", "inherit"] });
  made = true;
  const known = accounts.get(name);
  if (known !== undefined) return known;
  const [, , uid = "", gid = "", , home = ""] = execFileSync("getent", ["passwd", name], { encoding: "utf8" }).split(
    ":",
  );
  const account = { uid: Number(uid), gid: Number(gid), home };
  accounts.set(name, account);
  return account;
}

/**
 * True when the tests run as root and so may become other users, start dockerd and look at every file. Otherwise the
 * test is marked as skipped, or failed where nothing may skip. `if (!mayBeRoot(t)) return;`
 */
export function mayBeRoot(t: Test): boolean {
  if (isRoot) return true;
  if (mustRun) t.fail("this test needs root");
  else t.pass("this test needs root", { skip: true });
  return false;
}

/** Runs a command as a user with the user's own HOME, XDG_RUNTIME_DIR and PATH, and nothing else of this environment. */
export function asUser(name: UserName, argv: readonly string[], options: ProcessOptions = {}): Promise<Ended> {
  return startAsUser(name, argv, options).ended;
}

export function startAsUser(name: UserName, argv: readonly string[], options: ProcessOptions = {}): Running {
  if (name === "self") return start(argv, { ...options, env: { ...process.env, ...options.env } });
  const { uid, gid, home } = accountOf(name);
  const runtime = join(home, ".runtime");
  execFileSync("install", ["-d", "-m", "700", "-o", String(uid), "-g", String(gid), runtime]);
  const become = ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--init-groups", "--inh-caps=-all"];
  return start([...become, ...argv], {
    cwd: home,
    ...options,
    env: {
      PATH: process.env["PATH"],
      HOME: home,
      USER: name,
      LOGNAME: name,
      LANG: "C.UTF-8",
      XDG_RUNTIME_DIR: runtime,
      ...options.env,
    },
  });
}

/** Gives a file or tree to a user. */
export function giveTo(name: UserName, path: string): void {
  if (name === "self") return;
  const { uid, gid } = accountOf(name);
  execFileSync("chown", ["-hR", `${uid}:${gid}`, path]);
}
