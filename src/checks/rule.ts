import type { SourceRange } from "../syntax/source.ts";
import type { InstructionName } from "../syntax/node.ts";
import type { FileSubject, StageSubject } from "./subject.ts";
import type { Visit } from "./variables.ts";

/** What a rule has to say about a place of the Dockerfile. */
export interface Remark {
  readonly message: string;
  readonly range: SourceRange;
}

/** A remark and the rule that it comes from. */
export interface Finding extends Remark {
  readonly rule: string;
}

interface RuleCommon {
  /** BuildKit's name. */
  readonly name: string;
  /** One line. */
  readonly description: string;
  /** Runs only where `# check=experimental=` asks for it. */
  readonly experimental?: boolean;
}

/**
 * A build check. Those over the file see every stage; those over a stage are asked about the stages that are built, and
 * those over instructions about the instructions of these stages that have one of their names.
 */
export type Rule = RuleCommon & (FileRule | StageRule | InstructionRule);

export interface FileRule {
  readonly over: "file";
  readonly check: (file: FileSubject) => readonly Remark[];
}

export interface StageRule {
  readonly over: "stage";
  readonly check: (stage: StageSubject, file: FileSubject) => readonly Remark[];
}

export interface InstructionRule {
  readonly over: readonly InstructionName[];
  readonly check: (visit: Visit, stage: StageSubject, file: FileSubject) => readonly Remark[];
}
