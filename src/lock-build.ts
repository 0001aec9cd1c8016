import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { OciBuildError } from "./errors.ts";
import { foreignParts } from "./foreign.ts";
import { parseContextLocation, treesOf } from "./location/location.ts";
import { formatLock, type Lock, parseLock } from "./lock/lock.ts";
import type { PullPolicy } from "./execute/pull-policy.ts";
import { Pins } from "./lock/pins.ts";
import { planBuild, type PreparationOptions, withPreparation } from "./preparation.ts";
import { isMissing, writeAtomically } from "./store/durable.ts";

export interface LockOptions extends Omit<PreparationOptions, "pins"> {
  readonly pull: PullPolicy;
  /** Where the lock goes; beside the Dockerfile without it. */
  readonly lockFile?: string | undefined;
}

export interface Locked {
  readonly lockFile: string;
  readonly lock: Lock;
}

/**
 * Looks up what a build takes from elsewhere, and writes it down: base images of the target, named contexts, what ADD fetches.
 * What the Dockerfile pins by itself, with a checksum or a whole commit id, is not written down.
 * @throws OciBuildError as `planBuild`, and those of fetching
 */
export async function lockBuild(asked: LockOptions): Promise<Locked> {
  const { lockFile = lockFileOf(asked), ...options } = asked;
  const pins = Pins.recording();
  await withPreparation({ ...options, pins }, async (preparation) => {
    const { plan } = await planBuild(preparation, options);
    const { contexts, remote } = preparation.sources;
    const trees = treesOf(preparation.definition.contexts);
    for (const [name, { kind }] of trees) if (kind !== "directory") await contexts.tree(name);
    // Also fetched, so that a build without a network has them.
    for (const part of foreignParts(plan)) await (part.kind === "git" ? remote.treeOf(part) : remote.contentOf(part));
  });
  await writeAtomically(lockFile, formatLock(pins.lock));
  return { lockFile, lock: pins.lock };
}

/** Reads the lock that a build must keep to. @throws OciBuildError `lock-missing`, `lock-invalid`, `lock-place-unknown` */
export async function readPins(asked: Pick<LockOptions, "context" | "file" | "lockFile">): Promise<Pins> {
  const { lockFile = lockFileOf(asked) } = asked;
  const text = await readFile(lockFile).catch((error: unknown) => {
    throw new OciBuildError(
      "lock-missing",
      isMissing(error) ? `there is no lock file ${lockFile}` : `the lock file ${lockFile} cannot be read`,
      { hint: "oci-build lock, with the same flags, writes it", ...(isMissing(error) ? {} : { cause: error }) },
    );
  });
  return Pins.locked(parseLock(text, lockFile), lockFile);
}

/**
 * The lock beside the Dockerfile.
 * @throws OciBuildError `lock-place-unknown` where the Dockerfile is no file of this machine
 */
function lockFileOf({ context, file }: Pick<LockOptions, "context" | "file">): string {
  const name = "oci-build.lock";
  const isElsewhere = file === "-" || (file !== undefined && /^https?:\/\//.test(file));
  if (file !== undefined && !isElsewhere) return join(dirname(resolve(file)), name);
  const location = parseContextLocation(context);
  if (location.kind === "directory" && !isElsewhere) return join(resolve(location.path), name);
  throw new OciBuildError(
    "lock-place-unknown",
    "the Dockerfile is no file of this machine that a lock could lie beside",
    {
      hint: "name the lock with --lock-file",
    },
  );
}
