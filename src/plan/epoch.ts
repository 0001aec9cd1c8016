import type { Dockerfile } from "../instructions/dockerfile.ts";
import { didYouMean } from "../syntax/suggest.ts";
import type { OciBuildError } from "../errors.ts";
import { globalArgs } from "./globals.ts";
import { instructionError } from "./instruction-error.ts";
import type { PlanOptions } from "./options.ts";
import { planError } from "./options.ts";

const name = "SOURCE_DATE_EPOCH";

/** A build's options and global arguments, in both of which SOURCE_DATE_EPOCH is a number of seconds or absent. */
export interface SettledArgs {
  readonly options: PlanOptions;
  readonly globals: ReadonlyMap<string, string>;
}

/**
 * The global arguments, and the epoch that is asked for: that of the build argument, else the user's own (which buildx
 * passes as one), else that of a global `ARG SOURCE_DATE_EPOCH=…`. An empty one is unset; `context` is the commit time of a
 * git context, and unset for other contexts (https://github.com/moby/buildkit/blob/master/docs/build-repro.md).
 * @throws OciBuildError `argument-invalid`, `argument-unsupported`, and what the global arguments give reason for
 */
export function settleArgs(dockerfile: Dockerfile, asked: PlanOptions): SettledArgs {
  const globals = new Map(globalArgs(dockerfile, asked));
  const buildArgs = new Map(asked.buildArgs);
  if (asked.sourceDateEpoch !== undefined && !buildArgs.has(name)) buildArgs.set(name, String(asked.sourceDateEpoch));
  const sourceDateEpoch = secondsOf(dockerfile, buildArgs.get(name) ?? globals.get(name) ?? "", asked);
  for (const values of [globals, buildArgs])
    if (sourceDateEpoch === undefined) values.delete(name);
    else if (values.has(name)) values.set(name, String(sourceDateEpoch));
  return { options: { ...asked, buildArgs, sourceDateEpoch }, globals };
}

function secondsOf(dockerfile: Dockerfile, value: string, { contextTime }: PlanOptions): number | undefined {
  if (value === "") return undefined;
  if (/^\+?\d{1,15}$/.test(value)) return Number(value);
  if (value === "context") return contextTime;
  const stages = dockerfile.stages.map(({ from }) => from.name).filter((stage) => stage !== undefined);
  if (stages.includes(value.toLowerCase()))
    throw epochError(dockerfile, {
      code: "argument-unsupported",
      message: `${name}=${value}, the time of what a stage fetches, is not supported yet`,
      hint: "give it as seconds since 1970, such as $(git log -1 --format=%ct)",
    });
  throw epochError(dockerfile, {
    code: "argument-invalid",
    message: `${name}=${value} is neither a number of seconds nor a stage${didYouMean(value, ["context", ...stages])}`,
    hint: "give it as seconds since 1970, such as $(git log -1 --format=%ct), or as context for the time of a git context",
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
