import type { Healthcheck } from "../oci/image.ts";
import type { Heredoc } from "../syntax/heredoc.ts";
import type { InstructionNode } from "../syntax/node.ts";
import type { MountInstruction } from "./mount.ts";

/** What every instruction has. Variables are not expanded yet, anywhere. */
interface InstructionCommon {
  /** The instruction as it is written. */
  readonly node: InstructionNode;
  /** Set when it is an ONBUILD trigger that was inherited. */
  readonly inherited?: Inheritance;
}

/** How a trigger came into a stage. */
export interface Inheritance {
  /** The image or stage whose it is, for a person. */
  readonly owner: string;
  /** The FROM that brings it, where it stands as far as this Dockerfile is concerned. */
  readonly from: InstructionNode;
}

/** Where an instruction stands in the Dockerfile. */
export function placeOf({ node, inherited }: Instruction): InstructionNode {
  return inherited?.from ?? node;
}

/** A command line: for the SHELL to read, or ready for exec. */
export type Command =
  | { readonly form: "shell"; readonly line: string }
  | { readonly form: "exec"; readonly argv: readonly string[] };

export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

export interface FromInstruction extends InstructionCommon {
  readonly kind: "from";
  /** Name of an image or of an earlier stage. */
  readonly base: string;
  readonly platform?: string | undefined;
  /** In lower case. */
  readonly name?: string | undefined;
}

export interface RunInstruction extends InstructionCommon {
  readonly kind: "run";
  readonly command: Command;
  readonly heredocs: readonly Heredoc[];
  readonly network: "default" | "host" | "none";
  readonly mounts: readonly MountInstruction[];
}

/** A file whose content stands in the Dockerfile. */
export interface InlineSource {
  readonly name: string;
  readonly content: string;
  readonly expand: boolean;
}

/** What COPY and ADD share. */
interface CopyingInstruction extends InstructionCommon {
  /** As written, in their order; those that are heredocs stand in `inline` and are copied after them, as in BuildKit. */
  readonly sources: readonly string[];
  readonly inline: readonly InlineSource[];
  readonly destination: string;
  readonly owner?: string | undefined;
  readonly mode?: string | undefined;
  /** Never expanded (moby/buildkit#6072). */
  readonly exclude: readonly string[];
  readonly link: boolean;
}

export interface CopyInstruction extends CopyingInstruction {
  readonly kind: "copy";
  /** Stage, index of a stage, or image; never expanded. */
  readonly from?: string | undefined;
  readonly parents: boolean;
}

export interface AddInstruction extends CopyingInstruction {
  readonly kind: "add";
  /** Of the one URL or git repository that is added. */
  readonly checksum?: string | undefined;
  readonly keepGitDirectory?: boolean | undefined;
  /** Whether archives are unpacked; without it local ones are, fetched ones are not. */
  readonly unpack?: boolean | undefined;
}

export interface EnvInstruction extends InstructionCommon {
  readonly kind: "env";
  readonly pairs: readonly KeyValue[];
}

export interface LabelInstruction extends InstructionCommon {
  readonly kind: "label";
  readonly pairs: readonly KeyValue[];
}

export interface ArgInstruction extends InstructionCommon {
  readonly kind: "arg";
  readonly declarations: readonly ArgDeclaration[];
}

export interface ArgDeclaration {
  readonly name: string;
  /** The default; undefined for a bare `ARG NAME`. */
  readonly value: string | undefined;
}

export interface WorkdirInstruction extends InstructionCommon {
  readonly kind: "workdir";
  readonly path: string;
}

export interface UserInstruction extends InstructionCommon {
  readonly kind: "user";
  readonly user: string;
}

export interface CmdInstruction extends InstructionCommon {
  readonly kind: "cmd";
  readonly command: Command;
}

export interface EntrypointInstruction extends InstructionCommon {
  readonly kind: "entrypoint";
  readonly command: Command;
}

export interface ShellInstruction extends InstructionCommon {
  readonly kind: "shell";
  readonly argv: readonly string[];
}

export interface ExposeInstruction extends InstructionCommon {
  readonly kind: "expose";
  /** Words as written; each may expand to several ports. */
  readonly ports: readonly string[];
}

export interface VolumeInstruction extends InstructionCommon {
  readonly kind: "volume";
  readonly paths: readonly string[];
}

export interface StopSignalInstruction extends InstructionCommon {
  readonly kind: "stopsignal";
  readonly signal: string;
}

export interface MaintainerInstruction extends InstructionCommon {
  readonly kind: "maintainer";
  readonly author: string;
}

export interface HealthcheckInstruction extends InstructionCommon {
  readonly kind: "healthcheck";
  readonly healthcheck: Healthcheck;
}

/** An instruction for the builds that stand on this image. */
export interface OnbuildInstruction extends InstructionCommon {
  readonly kind: "onbuild";
  /** As written, not expanded, with the bodies of its heredocs. */
  readonly trigger: string;
}

/** Good Dockerfile that oci-build does not build. It is refused when a stage that holds it is needed. */
export interface UnsupportedInstruction extends InstructionCommon {
  readonly kind: "unsupported";
  readonly code: "flag-unsupported";
  readonly message: string;
  readonly hint: string;
}

/** What may stand in a stage behind its FROM. */
export type StageInstruction =
  | RunInstruction
  | CopyInstruction
  | AddInstruction
  | EnvInstruction
  | LabelInstruction
  | ArgInstruction
  | WorkdirInstruction
  | UserInstruction
  | CmdInstruction
  | EntrypointInstruction
  | ShellInstruction
  | ExposeInstruction
  | VolumeInstruction
  | StopSignalInstruction
  | MaintainerInstruction
  | HealthcheckInstruction
  | OnbuildInstruction
  | UnsupportedInstruction;

export type Instruction = FromInstruction | StageInstruction;
