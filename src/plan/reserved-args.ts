import { OciBuildError } from "../errors.ts";

/**
 * What the build arguments say that BuildKit reserves for itself
 * (https://docs.docker.com/reference/dockerfile/#buildkit-built-in-build-args). They are ordinary build arguments beside
 * that: an ARG may declare them. Those that are not listed here mean nothing, as in BuildKit.
 */
export interface ReservedArgs {
  /** BUILDKIT_SYNTAX: overrides `# syntax=`. */
  readonly syntax: string | undefined;
  /** BUILDKIT_DOCKERFILE_CHECK: overrides `# check=`. */
  readonly dockerfileCheck: string | undefined;
  /** BUILDKIT_SANDBOX_HOSTNAME: the host name that RUN sees. */
  readonly sandboxHostname: string | undefined;
  /** BUILDKIT_CACHE_MOUNT_NS: set apart the cache mounts of builds that share a store. */
  readonly cacheMountNamespace: string | undefined;
  /** BUILDKIT_CONTEXT_KEEP_GIT_DIR: leave `.git` in a git context. */
  readonly keepGitDirectory: boolean;
}

/**
 * Reads the reserved build arguments.
 * @throws OciBuildError `argument-invalid` for what is no boolean, `argument-unsupported` for an index of one platform
 */
export function reservedArgs(buildArgs: ReadonlyMap<string, string>): ReservedArgs {
  if (booleanOf(buildArgs, "BUILDKIT_MULTI_PLATFORM"))
    throw new OciBuildError("argument-unsupported", "the build argument BUILDKIT_MULTI_PLATFORM is not supported yet", {
      hint: "leave it out: the image then is a manifest without an index around it",
    });
  const text = (name: string): string | undefined => buildArgs.get(name) || undefined;
  return {
    syntax: text("BUILDKIT_SYNTAX"),
    dockerfileCheck: text("BUILDKIT_DOCKERFILE_CHECK"),
    sandboxHostname: text("BUILDKIT_SANDBOX_HOSTNAME"),
    cacheMountNamespace: text("BUILDKIT_CACHE_MOUNT_NS"),
    keepGitDirectory: booleanOf(buildArgs, "BUILDKIT_CONTEXT_KEEP_GIT_DIR"),
  };
}

/** Whether a build argument is BuildKit's own: nobody needs to declare it. */
export function isReserved(name: string): boolean {
  return name.startsWith("BUILDKIT_");
}

/** What is told about reserved arguments that have no effect here. */
export function reservedArgWarnings(buildArgs: ReadonlyMap<string, string>): readonly string[] {
  return booleanOf(buildArgs, "BUILDKIT_INLINE_CACHE")
    ? ["BUILDKIT_INLINE_CACHE has no effect: no cache is put into the image"]
    : [];
}

/** The words that Go's strconv.ParseBool takes. */
function booleanOf(buildArgs: ReadonlyMap<string, string>, name: string): boolean {
  const value = buildArgs.get(name) ?? "";
  if (["1", "t", "T", "true", "TRUE", "True"].includes(value)) return true;
  if (["", "0", "f", "F", "false", "FALSE", "False"].includes(value)) return false;
  throw new OciBuildError("argument-invalid", `the build argument ${name}=${value} is neither true nor false`, {
    hint: `write ${name}=1 or ${name}=0`,
  });
}
