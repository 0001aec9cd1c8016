import type { Dockerfile } from "../instructions/dockerfile.ts";
import { didYouMean } from "../syntax/suggest.ts";
import type { OciBuildError } from "../errors.ts";
import { globalArgs } from "./globals.ts";
import { instructionError } from "./instruction-error.ts";
import { namedContext } from "./named-contexts.ts";
import type { PlanOptions } from "./options.ts";
import { planError } from "./options.ts";
import { sourceOfStage } from "./source-stage.ts";
import type { FileSource, GitPart, UrlPart } from "./step.ts";

const name = "SOURCE_DATE_EPOCH";
const NOW = "now";

/** What has the time that SOURCE_DATE_EPOCH asks for. */
export type EpochSource = Extract<FileSource, { kind: "context" }> | UrlPart | GitPart;

/** A build's options and global arguments, in both of which SOURCE_DATE_EPOCH is a number of seconds or absent. */
export interface SettledArgs {
  readonly options: PlanOptions;
  readonly globals: ReadonlyMap<string, string>;
  /** Whether the times of the build are to be kept, instead of an epoch. */
  readonly keepsTimes: boolean;
}

/**
 * The global arguments, and the epoch that is asked for: that of the build argument, else the user's own (which buildx
 * passes as one), else that of a global `ARG SOURCE_DATE_EPOCH=…`. An empty one is unset; one that names a context or a
 * stage is the time of it that `asked` holds; `now` is none (https://github.com/moby/buildkit/blob/master/docs/build-repro.md).
 * @throws OciBuildError `argument-invalid`, `epoch-stage-invalid`, and what the global arguments give reason for
 */
export function settleArgs(dockerfile: Dockerfile, asked: PlanOptions): SettledArgs {
  const globals = new Map(globalArgs(dockerfile, asked));
  const buildArgs = new Map(asked.buildArgs);
  if (asked.sourceDateEpoch !== undefined && !buildArgs.has(name)) buildArgs.set(name, String(asked.sourceDateEpoch));
  const value = buildArgs.get(name) ?? globals.get(name) ?? "";
  const meant = read(dockerfile, value, { options: asked, globals });
  const sourceDateEpoch = typeof meant === "number" || meant === undefined ? meant : asked.sourceTime;
  for (const values of [globals, buildArgs])
    if (sourceDateEpoch === undefined) values.delete(name);
    else if (values.has(name)) values.set(name, String(sourceDateEpoch));
  return { options: { ...asked, buildArgs, sourceDateEpoch }, globals, keepsTimes: value === NOW };
}

type Args = Pick<SettledArgs, "options" | "globals">;

/** What must be asked for its time before anything is planned; undefined where the epoch does not come from elsewhere. */
export function epochSource(dockerfile: Dockerfile, asked: PlanOptions): EpochSource | undefined {
  const globals = globalArgs(dockerfile, asked);
  const value = asked.buildArgs.get(name) ?? asked.sourceDateEpoch ?? globals.get(name) ?? "";
  const meant = read(dockerfile, String(value), { options: asked, globals });
  return typeof meant === "number" ? undefined : meant;
}

function read(dockerfile: Dockerfile, value: string, args: Args): EpochSource | number | undefined {
  if (value === "") return undefined;
  if (/^\+?\d{1,15}$/.test(value)) return Number(value);
  // Times are as they are then.
  if (value === NOW) return undefined;
  if (value === "context") return { kind: "context" };
  const context = namedContext(value, args.options.platform, args.options);
  // An image has no time of its own.
  if (context !== undefined) return context.kind === "context" ? context : undefined;
  const stage = dockerfile.stages.find(({ from }) => from.name === value.toLowerCase());
  if (stage !== undefined) return sourceOfStage(dockerfile, stage, args);
  const stages = dockerfile.stages.map(({ from }) => from.name).filter((known) => known !== undefined);
  const known = ["context", ...(args.options.contexts?.keys() ?? []), ...stages];
  throw epochError(dockerfile, {
    code: "argument-invalid",
    message: `${name}=${value} is neither a number of seconds nor a context or a stage${didYouMean(value, known)}`,
    hint: "give it as seconds since 1970, such as $(git log -1 --format=%ct), or as context for the time of a context from elsewhere",
  });
}

/** At the global ARG, where there is one. */
function epochError(
  dockerfile: Dockerfile,
  fault: { readonly code: string; readonly message: string; readonly hint: string },
): OciBuildError {
  const declaration = dockerfile.globalArgs.find(({ declarations }) =>
    declarations.some((declared) => declared.name === name),
  );
  if (declaration !== undefined) return instructionError(dockerfile, declaration, { ...fault, piece: name });
  return planError(dockerfile, { start: 1, end: 1 }, fault);
}
