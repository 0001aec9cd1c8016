import type { PullPolicy } from "../../execute/pull-policy.ts";
import type { CachePolicy } from "../../plan/cache-policy.ts";
import { usageError } from "../usage-error.ts";

/** @throws OciBuildError `usage` */
export function pullPolicy({ pull = "missing", offline }: { pull?: string | undefined; offline: boolean }): PullPolicy {
  const named = (["always", "newer", "missing", "never"] as const).find((policy) => policy === pull);
  const policy = named ?? (["true", "1", "t"].includes(pull) ? "always" : "missing");
  if (!offline) return policy;
  if (policy === "always" || policy === "newer")
    throw usageError(`--offline and --pull=${policy} contradict each other`);
  return "never";
}

interface CacheFlags {
  readonly "no-cache": boolean;
  readonly "no-cache-filter": readonly string[];
  readonly "no-cache-step": readonly string[];
}

export function cachePolicy(flags: CacheFlags): CachePolicy {
  if (flags["no-cache"]) return { kind: "ignore" };
  const stages = flags["no-cache-filter"].flatMap((names) => names.split(",")).filter((name) => name !== "");
  const steps = flags["no-cache-step"];
  return stages.length + steps.length === 0 ? { kind: "use" } : { kind: "ignore-some", stages, steps };
}

/** @throws OciBuildError `usage` */
export function readJobs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,3}$/.test(text)) throw usageError(`--jobs: ${JSON.stringify(text)} is no number from 1 to 9999`);
  return Number(text);
}

/** @param method of --call @throws OciBuildError `usage` */
export function readLocked(
  flags: { readonly locked: boolean; readonly "lock-file"?: string | undefined },
  method = "build",
): { readonly lockFile: string | undefined } | undefined {
  const lockFile = flags["lock-file"];
  if (flags.locked && method !== "build") throw usageError(`--locked and --call=${method} cannot be used together`);
  if (flags.locked) return { lockFile };
  if (lockFile !== undefined) throw usageError("--lock-file has no meaning without --locked");
  return undefined;
}
