import { run } from "../../test/support/process.ts";

const programs = [
  ["docker", ["dockerd", "--version"]],
  ["buildah", ["buildah", "--version"]],
  ["tar", ["tar", "--version"]],
  ["gzip", ["gzip", "--version"]],
  ["pigz", ["pigz", "--version"]],
  ["zstd", ["zstd", "--version"]],
  ["coreutils", ["cp", "--version"]],
  ["rsync", ["rsync", "--version"]],
] as const;

/** The versions of those that oci-build is measured against. */
export async function versionLine(): Promise<string> {
  const versions = programs.map(async ([name, command]) => {
    const { stdout, stderr } = await run(command);
    return `${name} ${/\d+(\.\d+)+/.exec(stdout + stderr)?.[0] ?? "of an unknown version"}`;
  });
  return `Against ${(await Promise.all(versions)).join(", ")}.`;
}
