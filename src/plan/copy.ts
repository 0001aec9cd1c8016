import { type AddInstruction, type CopyInstruction, type InlineSource, placeOf } from "../instructions/instruction.ts";
import type { ContainerConfig } from "../oci/image.ts";
import { copyParts } from "./copy-parts.ts";
import { copyCreatedBy } from "./created-by.ts";
import { PlanFault } from "./fault.ts";
import { isDirectory, joinDestination } from "./paths.ts";
import type { CopyStep, FileSource } from "./step.ts";

export interface CopyContext {
  readonly config: ContainerConfig;
  /** Where COPY and ADD find local files. */
  readonly from: FileSource;
  readonly title: string;
  readonly expand: (word: string) => string;
  /** Expands a heredoc's body, in which quotes are ordinary characters. */
  readonly expandBody: (text: string) => string;
}

/**
 * COPY or ADD with everything expanded.
 * @throws PlanFault `copy-destination-invalid`, `copy-source-invalid`, `argument-invalid`, `checksum-invalid` …
 */
export function planCopy(instruction: CopyInstruction | AddInstruction, context: CopyContext): CopyStep {
  const { config, expand, from } = context;
  const owner = optional(instruction.owner, expand);
  const mode = optional(instruction.mode, expand);
  const sources = instruction.sources.map(expand);
  const destination = expand(instruction.destination);
  const files = instruction.inline.map((source) => ({ name: source.name, content: contentOf(source, context) }));
  const checksum = instruction.kind === "add" ? optional(instruction.checksum, expand) : undefined;
  checkMode(mode);
  if (sources.length + files.length > 1 && !isDirectory(destination))
    throw new PlanFault(
      "copy-destination-invalid",
      `the destination ${destination} of several sources is not marked as a directory`,
      `write ${destination}/`,
    );
  return {
    kind: "copy",
    title: context.title,
    lines: placeOf(instruction).lines,
    createdBy: copyCreatedBy({
      keyword: instruction.kind === "copy" ? "COPY" : "ADD",
      parents: instruction.kind === "copy" && instruction.parents,
      owner,
      mode,
      sources,
      inline: files.map(({ name }) => name),
      destination,
    }),
    parts: copyParts(instruction, { sources, files, checksum, from }),
    destination: joinDestination(config.WorkingDir ?? "/", destination),
    owner,
    mode,
    exclude: instruction.exclude,
    // As in BuildKit, whose independent layers know no mode.
    link: instruction.link && mode === undefined,
  };
}

function contentOf({ content, expand }: InlineSource, context: CopyContext): string {
  return expand ? context.expandBody(content) : content;
}

/** An empty `--chown=$UNSET` counts as none. */
function optional(word: string | undefined, expand: (word: string) => string): string | undefined {
  const value = word === undefined ? "" : expand(word);
  return value === "" ? undefined : value;
}

/** Octal up to 7777, or symbolic as chmod takes it. */
function checkMode(mode: string | undefined): void {
  if (mode === undefined || /^0*[0-7]{1,4}$/.test(mode)) return;
  const clause = "[ugoa]*([-+=]([rwxXst]*|[ugo]))+";
  if (new RegExp(`^${clause}(,${clause})*$`).test(mode)) return;
  throw new PlanFault(
    "argument-invalid",
    `invalid --chmod=${mode}`,
    "write an octal mode up to 7777, or a symbolic one such as u=rwX,go=rX",
  );
}
