import type { SourceRange } from "../syntax/source.ts";
import type { FileSubject, StageSubject } from "./subject.ts";

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

/** A build check. Those over the file see every stage; those over a stage are asked about the stages that are built. */
export type Rule = RuleCommon &
  (
    | { readonly over: "file"; readonly check: (file: FileSubject) => readonly Remark[] }
    | { readonly over: "stage"; readonly check: (stage: StageSubject, file: FileSubject) => readonly Remark[] }
  );
