import type { Digest } from "./oci/digest.ts";
import type { OutputTarget } from "./output/target.ts";
import type { EventSink } from "./progress/event.ts";

export interface BuildOptions {
  /** Directory of the build context. */
  readonly context: string;
  /** Path of the Dockerfile; without it `Dockerfile`, then `dockerfile`, in the context. `-` is standard input. */
  readonly file?: string | undefined;
  /** Names for the image as the user wrote them. */
  readonly tags: readonly string[];
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly target?: string | undefined;
  readonly noCache: boolean;
  /** Ask the registry even for a base image that the store knows. */
  readonly pull: boolean;
  readonly outputs: readonly OutputTarget[];
  /** Directory of the store. */
  readonly root: string;
  readonly isolation: "auto" | "bwrap" | "chroot";
  readonly events: EventSink;
  /** Aborting it stops the build, kills what runs and leaves nothing half-made. */
  readonly signal: AbortSignal;
}

export interface BuildResult {
  /** Digest of the manifest. */
  readonly digest: Digest;
  /** Digest of the config: docker's image id. */
  readonly imageId: Digest;
  /** Bytes of manifest, config and layers as stored. */
  readonly size: number;
  /** Normalised names that now point to the image. */
  readonly names: readonly string[];
}

/** Builds the image that `options` describe and puts it into the store and the outputs. */
export function build(_options: BuildOptions): Promise<BuildResult> {
  return Promise.reject(new TypeError("not built yet"));
}
