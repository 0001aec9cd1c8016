import type { Descriptor } from "./descriptor.ts";
import type { DiffId, Digest } from "./digest.ts";
import type { Platform } from "./platform.ts";

/** Docker's health check, kept in OCI configs as an extension. Durations are nanoseconds. */
export interface Healthcheck {
  readonly Test?: readonly string[];
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

/**
 * The `config` object of an image configuration: execution parameters, with the fields that docker adds
 * (https://github.com/opencontainers/image-spec/blob/main/config.md, https://github.com/moby/docker-image-spec).
 * Fields that are not named here are carried along untouched.
 */
export interface ContainerConfig {
  readonly User?: string;
  readonly ExposedPorts?: Readonly<Record<string, Record<string, never>>>;
  /** `NAME=value` entries, in order. */
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly Volumes?: Readonly<Record<string, Record<string, never>>>;
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
  readonly ArgsEscaped?: boolean;
  readonly Healthcheck?: Healthcheck;
  readonly OnBuild?: readonly string[];
  readonly Shell?: readonly string[];
}

/** One entry of `history`. */
export interface HistoryEntry {
  readonly created?: string;
  readonly created_by?: string;
  readonly author?: string;
  readonly comment?: string;
  readonly empty_layer?: boolean;
}

/** The image configuration document. */
export interface ImageConfig {
  readonly created?: string;
  readonly author?: string;
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
  readonly "os.version"?: string;
  readonly config?: ContainerConfig;
  readonly rootfs: { readonly type: "layers"; readonly diff_ids: readonly DiffId[] };
  readonly history?: readonly HistoryEntry[];
}

/** A layer of an image that exists somewhere: its identity unpacked, and the blob that carries it. */
export interface ImageLayer {
  readonly diffId: DiffId;
  readonly blob: Descriptor;
}

/** An image whose manifest and config were read and checked; its layers may not be here yet. */
export interface ResolvedImage {
  /** Normalised name, e.g. `docker.io/library/debian:latest`. */
  readonly name: string;
  /** Digest of the manifest of the chosen platform. */
  readonly manifestDigest: Digest;
  readonly platform: Platform;
  readonly config: ImageConfig;
  /** Bottom first. */
  readonly layers: readonly ImageLayer[];
}
