import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

/** The flag of every command that opens the store. */
export const rootFlag = {
  type: "string",
  value: "DIR",
  env: "OCI_BUILD_ROOT",
  help: "Directory of the store (default: $XDG_DATA_HOME/oci-build, else ~/.local/share/oci-build).",
} as const;

/** The flag of the commands that may ask a registry. */
export const insecureRegistryFlag = {
  type: "list",
  value: "HOST[:PORT]",
  help: "A registry that may be asked over plain http although it is not on this machine. Repeatable.",
} as const;

/** Directory of the store; `chosen` is the value of the flag. A relative XDG_DATA_HOME does not count, as its specification says. */
export function storeRoot(chosen: string | undefined, env: NodeJS.ProcessEnv): string {
  if (chosen !== undefined) return resolve(chosen);
  const data = env["XDG_DATA_HOME"];
  const base = data !== undefined && isAbsolute(data) ? data : join(env["HOME"] || homedir(), ".local/share");
  return join(base, "oci-build");
}
