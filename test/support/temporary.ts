import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRoot } from "./checkout.ts";
import { giveTo, type UserName } from "./users.ts";

/** What ends together with a test, or with a benchmark: tap's `t` is one. */
export interface Lifetime {
  teardown(action: () => unknown): unknown;
}

/** An empty directory outside the checkout that belongs to `user` and is gone when the test ends. */
export function temporaryDirectory(t: Lifetime, user: UserName = "self"): string {
  const directory = mkdtempSync(join(tmpdir(), "oci-build-test-"));
  chmodSync(directory, 0o755);
  giveTo(user, directory);
  t.teardown(() => removeTree(directory));
  return directory;
}

/** Removes a tree, also one that holds files of sub-ids: those only root of a user namespace may remove. */
export function removeTree(directory: string): void {
  const remove = ["rm", "-rf", "--one-file-system", directory];
  const [command = "", ...rest] = isRoot ? remove : ["unshare", "--map-root-user", "--map-auto", ...remove];
  const { status, stderr } = spawnSync(command, rest, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${directory} could not be removed: ${stderr}`);
}
