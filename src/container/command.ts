import type { ContainerConfig } from "../oci/image.ts";

export interface CommandRequest {
  /** Replaces the image's CMD when not empty. */
  readonly command: readonly string[];
  /** Replaces the image's ENTRYPOINT and drops its CMD; an empty string clears it. */
  readonly entrypoint?: string | undefined;
}

/** The command line of a container, as docker combines what the image and the user say. Empty when neither says anything. */
export function commandLine(config: ContainerConfig, { command, entrypoint }: CommandRequest): readonly string[] {
  if (entrypoint !== undefined) return [...(entrypoint === "" ? [] : [entrypoint]), ...command];
  return [...(config.Entrypoint ?? []), ...(command.length > 0 ? command : (config.Cmd ?? []))];
}

/** The image's variables with the user's on top; `NAME` alone takes the value that `environment` has. */
export function containerEnvironment(
  config: ContainerConfig,
  asked: readonly string[],
  environment: NodeJS.ProcessEnv,
): readonly string[] {
  const variables = new Map<string, string>();
  for (const entry of [...(config.Env ?? []), ...asked]) {
    const at = entry.indexOf("=");
    if (at > 0) variables.set(entry.slice(0, at), entry.slice(at + 1));
    else {
      const value = environment[entry];
      if (value !== undefined) variables.set(entry, value);
    }
  }
  if (!variables.has("PATH")) variables.set("PATH", DEFAULT_PATH);
  return [...variables].map(([name, value]) => `${name}=${value}`);
}

const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
