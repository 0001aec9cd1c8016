import type { FileSource } from "./step.ts";

/** What a RUN sees beside its own file system, and what never becomes part of its layer. Everything is expanded. */
export type Mount = BindMount | CacheMount | TmpfsMount | SecretMount | SshMount;

interface Target {
  /** Absolute and clean, never `/`. */
  readonly target: string;
}

/** A directory or file of the build context, of a stage or of an image. */
export interface BindMount extends Target {
  readonly kind: "bind";
  readonly from: FileSource;
  /** Absolute in `from`; links are followed inside it. */
  readonly source: string;
  /** What is written is thrown away. */
  readonly writable: boolean;
}

/** A directory of the store that outlives the build. */
export interface CacheMount extends Target {
  readonly kind: "cache";
  readonly id: string;
  readonly sharing: Sharing;
  readonly readOnly: boolean;
  /** What a new one begins with; empty without it. */
  readonly seed?: { readonly from: FileSource; readonly source: string } | undefined;
  /** Of the directory itself, when one of them is given. */
  readonly access?: Access | undefined;
}

/** How several RUNs use one cache mount: together, each its own, or one after the other. */
export type Sharing = "shared" | "private" | "locked";

export interface TmpfsMount extends Target {
  readonly kind: "tmpfs";
  /** In bytes. */
  readonly size?: number | undefined;
  readonly readOnly: boolean;
}

/** A secret of the command line, as a file, a variable or both. */
export interface SecretMount {
  readonly kind: "secret";
  readonly id: string;
  readonly target?: string | undefined;
  /** Name of the variable. */
  readonly env?: string | undefined;
  readonly required: boolean;
  readonly access: Access;
}

/** A socket to an SSH agent. */
export interface SshMount extends Target {
  readonly kind: "ssh";
  readonly id: string;
  /** It is the first one, which SSH_AUTH_SOCK names. */
  readonly first: boolean;
  readonly required: boolean;
  readonly access: Access;
}

export interface Access {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}
