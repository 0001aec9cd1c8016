import type { CopyInstruction, InlineSource } from "../instructions/instruction.ts";
import type { ContainerConfig } from "../oci/image.ts";
import { copyCreatedBy } from "./created-by.ts";
import { isDirectory, joinDestination } from "./paths.ts";
import type { CopySource, CopyStep } from "./step.ts";

/** What is wrong with an instruction once its variables are known. */
export class PlanFault extends Error {
  override readonly name = "PlanFault";
  readonly code: string;
  readonly hint: string | undefined;
  /** The piece of the instruction that is at fault, as it is written there. */
  readonly piece: string | undefined;

  constructor(code: string, message: string, hint?: string, piece?: string) {
    super(message);
    this.code = code;
    this.hint = hint;
    this.piece = piece;
  }
}

export interface CopyContext {
  readonly config: ContainerConfig;
  readonly source: CopySource;
  readonly title: string;
  readonly expand: (word: string) => string;
  /** Expands a heredoc's body, in which quotes are ordinary characters. */
  readonly expandBody: (text: string) => string;
}

/**
 * COPY with everything expanded.
 * @throws PlanFault `copy-destination-invalid`, `copy-source-invalid`, `argument-invalid`, `instruction-unsupported`
 */
export function planCopy(instruction: CopyInstruction, context: CopyContext): CopyStep {
  const { config, expand } = context;
  const owner = optional(instruction.owner, expand);
  const mode = optional(instruction.mode, expand);
  const sources = instruction.sources.map(expand);
  const destination = expand(instruction.destination);
  const files = instruction.inline.map((source) => ({ name: source.name, content: contentOf(source, context) }));
  checkMode(mode);
  checkSources(sources);
  if (files.length > 0 && sources.length > 0)
    throw new PlanFault(
      "instruction-unsupported",
      "COPY of heredocs together with files is not supported yet",
      "write two COPY instructions",
    );
  if (files.length > 0 && instruction.from !== undefined)
    throw new PlanFault(
      "copy-source-invalid",
      "COPY of a heredoc takes no --from",
      "leave --from out: the content stands in the Dockerfile",
    );
  if (sources.length + files.length > 1 && !isDirectory(destination))
    throw new PlanFault(
      "copy-destination-invalid",
      `the destination ${destination} of several sources is not marked as a directory`,
      `write ${destination}/`,
    );
  return {
    kind: "copy",
    title: context.title,
    lines: instruction.lines,
    createdBy: copyCreatedBy({ owner, mode, sources, inline: files.map(({ name }) => name), destination }),
    from: files.length > 0 ? { kind: "inline", files } : context.source,
    sources: files.length > 0 ? files.map(({ name }) => name) : sources,
    destination: joinDestination(config.WorkingDir ?? "/", destination),
    owner,
    mode,
    exclude: instruction.exclude,
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

function checkSources(sources: readonly string[]): void {
  for (const source of sources) {
    if (/^https?:\/\//.test(source))
      throw new PlanFault(
        "copy-source-invalid",
        `COPY cannot fetch the URL ${source}`,
        "fetch it by RUN curl, or put it into the build context",
      );
    if (/^(git|ssh):\/\/|^git@[^/]+:/.test(source))
      throw new PlanFault(
        "copy-source-invalid",
        `COPY cannot fetch the git repository ${source}`,
        "clone it by RUN git clone, or put it into the build context",
      );
  }
}
