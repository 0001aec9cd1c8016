import type { RunMount } from "../../helper/messages.ts";
import type { CacheMount, Mount } from "../../plan/mount.ts";
import type { RunStep } from "../../plan/step.ts";
import type { StepWork } from "../../solve/executor.ts";
import type { ExecutorOptions } from "../executor.ts";
import { withBind } from "./bind.ts";
import { withCaches } from "./cache.ts";
import { secretMount } from "./secret.ts";
import { sshMount } from "./ssh.ts";

/** A RUN whose mounts are prepared. */
export interface Mounting {
  readonly step: RunStep;
  readonly work: StepWork;
  readonly options: ExecutorOptions;
}

/** What a RUN gets beside its own file system: data for the helper. */
export interface Mounted {
  readonly mounts: readonly RunMount[];
  /** `NAME=value`, instead of variables of the same name. */
  readonly env: readonly string[];
}

/**
 * Makes ready what the mounts of a RUN show, for as long as `use` works with it.
 * @throws OciBuildError `secret-missing`, `ssh-missing` and what the sources say
 */
export async function withRunMounts<T>(mounting: Mounting, use: (mounted: Mounted) => Promise<T>): Promise<T> {
  const { mounts, script } = mounting.step;
  const caches = mounts.filter((mount): mount is CacheMount => mount.kind === "cache");
  return withCaches(caches, mounting, (directoryOf) => {
    const withEach = (rest: readonly Mount[], mounted: readonly Mounted[]): Promise<T> => {
      const [first, ...others] = rest;
      if (first === undefined) return use(joined(mounted));
      const goOn = (next: Mounted): Promise<T> => withEach(others, [...mounted, next]);
      switch (first.kind) {
        case "bind":
          return withBind(first, mounting, (mount) => goOn(only(mount)));
        case "cache": {
          const { target, readOnly } = first;
          return goOn(only({ kind: "bind", target, tree: directoryOf(first), source: "", readOnly }));
        }
        case "tmpfs":
          return goOn(only(first));
        case "secret":
          return goOn(secretMount(first, mounting.options.sources.secrets));
        case "ssh":
          return sshMount(first, mounting).then(goOn);
      }
    };
    const program = script === undefined ? [] : [only(programMount(script.path, script.content))];
    return withEach(mounts, program);
  });
}

/** A program of text that is there for the length of a run. */
export function programMount(target: string, content: string): RunMount {
  const hex = Buffer.from(content).toString("hex");
  return { kind: "file", target, content: hex, mode: 0o755, uid: 0, gid: 0, program: true };
}

function only(mount: RunMount): Mounted {
  return { mounts: [mount], env: [] };
}

function joined(all: readonly Mounted[]): Mounted {
  return { mounts: all.flatMap(({ mounts }) => mounts), env: all.flatMap(({ env }) => env) };
}
