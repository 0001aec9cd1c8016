import type { ContainerConfig, ImageConfig } from "../oci/image.ts";
import { joinWorkdir } from "./paths.ts";

/** PATH of an image that sets none, as BuildKit and docker have it on Linux. */
/** What a process finds its programs by where an image says nothing. */
export const defaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const defaultShell = ["/bin/sh", "-c"];

/**
 * The container configuration that a stage starts with: the base's, with a PATH, with its directory as WORKDIR would write
 * it, and without its ONBUILD triggers.
 */
export function initialConfig(base: ImageConfig | undefined): ContainerConfig {
  if (base === undefined) return { Env: [defaultPath], WorkingDir: "/" };
  const { OnBuild: _triggers, ...config } = base.config ?? {};
  const { WorkingDir: directory = "" } = config;
  return withPath(directory === "" ? config : { ...config, WorkingDir: joinWorkdir("/", directory) });
}

/** ONBUILD triggers stay with the image that holds them. */
export function inheritedConfig(config: ContainerConfig): ContainerConfig {
  const { OnBuild: _triggers, ...rest } = config;
  return withPath(rest);
}

/** The full command line of a shell form. */
export function withShell({ Shell: shell }: ContainerConfig, line: string): readonly string[] {
  return [...(shell === undefined || shell === null || shell.length === 0 ? defaultShell : shell), line];
}

/** `CMD []` clears it. ArgsEscaped is for Windows, but BuildKit sets it with every CMD. */
export function withCmd({ Cmd: _cmd, ...config }: ContainerConfig, argv: readonly string[]): ContainerConfig {
  return { ...config, ...(argv.length === 0 ? {} : { Cmd: argv }), ArgsEscaped: true };
}

/** An inherited CMD was made for another entry point and goes; one of the same stage (`keepCmd`) stays. */
export function withEntrypoint(
  { Entrypoint: _entrypoint, ...config }: ContainerConfig,
  argv: readonly string[],
  keepCmd: boolean,
): ContainerConfig {
  const { Cmd: cmd, ...rest } = config;
  return {
    ...rest,
    ...(argv.length === 0 ? {} : { Entrypoint: argv }),
    ...(keepCmd && cmd !== undefined ? { Cmd: cmd } : {}),
  };
}

/** The order in which docker writes the fields of a container configuration. */
const fieldOrder: readonly string[] = [
  "User",
  "ExposedPorts",
  "Env",
  "Entrypoint",
  "Cmd",
  "Volumes",
  "WorkingDir",
  "Labels",
  "StopSignal",
  "ArgsEscaped",
  "Healthcheck",
  "OnBuild",
  "Shell",
] satisfies (keyof ContainerConfig)[];

/** The same configuration with its fields in docker's order and unknown ones behind, whichever instruction came first. */
export function inFieldOrder(config: ContainerConfig): ContainerConfig {
  const known = fieldOrder.filter((name) => name in config);
  const unknown = Object.keys(config).filter((name) => !fieldOrder.includes(name));
  const fields: Readonly<Record<string, unknown>> = { ...config };
  return Object.fromEntries([...known, ...unknown].map((name) => [name, fields[name]]));
}

/** Adds keys to a set that is written as an object: ports, volumes. */
export function addedTo(
  set: Readonly<Record<string, Record<string, never>>> | undefined,
  keys: readonly string[],
): Record<string, Record<string, never>> {
  return sorted({ ...set, ...Object.fromEntries(keys.map((key) => [key, {}])) });
}

/** The same entries with their names in order: the order in which Go writes them, so that a config's bytes are fixed. */
export function sorted<Value>(record: Readonly<Record<string, Value>>): Record<string, Value> {
  const entries = Object.entries(record);
  return Object.fromEntries(entries.sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0)));
}

function withPath(config: ContainerConfig): ContainerConfig {
  const env = config.Env ?? [];
  return env.some((entry) => entry.startsWith("PATH=")) ? config : { ...config, Env: [...env, defaultPath] };
}
