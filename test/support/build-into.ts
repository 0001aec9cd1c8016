import { build, type BuildResult } from "../../src/build.ts";

/** Builds `context` into the store `root` within this process, where a test can watch and disturb what the helper is asked. */
export function buildInto(root: string, context: string, tags: readonly string[] = []): Promise<BuildResult> {
  return build({
    context,
    tags,
    buildArgs: new Map(),
    cache: { kind: "use" },
    pull: "missing",
    outputs: [],
    root,
    isolation: "chroot",
    events: () => undefined,
    signal: new AbortController().signal,
  });
}
