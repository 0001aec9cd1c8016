import type { LineRange } from "../errors.ts";
import type { GitLocation } from "../location/git-location.ts";
import type { Digest } from "../oci/digest.ts";
import type { ContainerConfig, ResolvedImage } from "../oci/image.ts";
import type { Platform } from "../oci/platform.ts";
import type { Mount } from "./mount.ts";
import type { Script } from "./run.ts";

/** Index of a stage in the Dockerfile, counting from 0. */
export type StageIndex = number;

/** What a Dockerfile means for one target and platform: everything expanded, only the stages that the target needs. */
export interface Plan {
  /** In building order: a stage stands behind every stage that it reads. The last one is the target. */
  readonly stages: readonly Stage[];
  readonly target: StageIndex;
  readonly platform: Platform;
  readonly warnings: readonly PlanWarning[];
  /** Seconds since 1970, when the Dockerfile, a build argument or the options set SOURCE_DATE_EPOCH. */
  readonly sourceDateEpoch?: number | undefined;
}

export interface PlanWarning {
  readonly message: string;
  readonly lines?: LineRange | undefined;
}

export interface Stage {
  readonly index: StageIndex;
  /** The name after AS, or `stage-N`. */
  readonly name: string;
  readonly base: StageBase;
  readonly steps: readonly Step[];
  /** The container configuration after the last step. */
  readonly config: ContainerConfig;
  /** Set by MAINTAINER, or inherited. */
  readonly author?: string | undefined;
}

export type StageBase =
  | { readonly kind: "scratch" }
  | { readonly kind: "image"; readonly image: ResolvedImage }
  | { readonly kind: "stage"; readonly stage: StageIndex };

/** What every step has. */
interface StepCommon {
  /** The instruction as a person reads it on one line, expanded, e.g. `COPY a /b`. */
  readonly title: string;
  readonly lines: LineRange;
  /** `created_by` of its history entry, in BuildKit's form (inventory 1.6). */
  readonly createdBy: string;
}

/** A step that leaves the file system alone: ENV, LABEL, CMD, … It appears in the history only. */
export interface MetadataStep extends StepCommon {
  readonly kind: "metadata";
}

export interface RunStep extends StepCommon {
  readonly kind: "run";
  /** The complete command line; a shell form has the SHELL in front. */
  readonly argv: readonly string[];
  /** The process's variables, `NAME=value`: the image's ENV, then ARGs in scope. Part of the cache key. */
  readonly env: readonly string[];
  /** Variables that do not count in the cache key: proxies, SOURCE_DATE_EPOCH from outside. */
  readonly unkeyedEnv: readonly string[];
  readonly cwd: string;
  /** As in the image's config; empty for root. */
  readonly user: string;
  readonly network: "default" | "host" | "none" | "private";
  /** Names that the command line gives an address: the names count in the cache key, what they stand for does not. */
  readonly extraHosts?: readonly string[] | undefined;
  /** In the order in which they are mounted. */
  readonly mounts: readonly Mount[];
  /** A program that stands in the Dockerfile and that `argv` runs. */
  readonly script?: Script | undefined;
  /** The host name that the process sees, when it is not the usual one. */
  readonly hostname?: string | undefined;
}

/** COPY or ADD. */
export interface CopyStep extends StepCommon {
  readonly kind: "copy";
  /** What is copied, in this order; at least one. */
  readonly parts: readonly CopyPart[];
  /** Absolute, joined with WORKDIR; a trailing slash is kept. */
  readonly destination: string;
  /** `user[:group]` as written, expanded. */
  readonly owner?: string | undefined;
  /** Octal or symbolic, as written, expanded. */
  readonly mode?: string | undefined;
  readonly exclude: readonly string[];
  /** The layer is made on an empty file system, whatever is below: it survives a new base, and follows no link there. */
  readonly link: boolean;
}

export type CopyPart =
  /** Files of a tree; `patterns` are paths or filepath.Match patterns as written, expanded, at least one. */
  | {
      readonly kind: "paths";
      readonly from: FileSource;
      readonly patterns: readonly string[];
      /** `--parents`: each file goes to its own path below the destination, counted from a `/./` in the pattern. */
      readonly parents: boolean;
      /** Archives among them are unpacked. */
      readonly unpack: boolean;
    }
  /** A file whose content stands in the Dockerfile: 0644, owned by 0:0 unless the step says otherwise. */
  | { readonly kind: "inline"; readonly file: InlineFile }
  | UrlPart
  | GitPart;

export interface UrlPart {
  readonly kind: "url";
  readonly url: string;
  /** What the file is called inside a destination directory. */
  readonly name: string;
  readonly checksum?: Digest | undefined;
  readonly unpack: boolean;
}

/** The tree of a commit. */
export interface GitPart {
  readonly kind: "git";
  readonly location: GitLocation;
  readonly keepGitDirectory: boolean;
}

/** A tree that a COPY or a mount takes files from. */
export type FileSource =
  /** The build context, or a named one. */
  | { readonly kind: "context"; readonly name?: string | undefined }
  | { readonly kind: "stage"; readonly stage: StageIndex }
  | { readonly kind: "image"; readonly image: ResolvedImage };

export interface InlineFile {
  readonly name: string;
  readonly content: string;
}

/** WORKDIR: makes the directory when it is missing. Always a layer, but for `/`, which is a metadata step. */
export interface WorkdirStep extends StepCommon {
  readonly kind: "workdir";
  readonly path: string;
  readonly user: string;
}

export type Step = MetadataStep | RunStep | CopyStep | WorkdirStep;
