import type { Dockerfile } from "../instructions/dockerfile.ts";
import { didYouMean } from "../syntax/suggest.ts";
import { expand } from "./expand.ts";
import type { PlanOptions } from "./options.ts";
import { planError } from "./options.ts";
import { platformArgs, predefinedNames } from "./predefined.ts";
import type { PlanWarning } from "./step.ts";
import { ExpansionError } from "./substitution.ts";

/** The global arguments: the platform's, and those before the first FROM, each of which may use the ones before it. */
export function globalArgs(dockerfile: Dockerfile, options: PlanOptions): ReadonlyMap<string, string> {
  const values = platformArgs(options, options.target ?? dockerfile.stages.at(-1)?.from.name ?? "default");
  if (options.sourceDateEpoch !== undefined) values.set("SOURCE_DATE_EPOCH", String(options.sourceDateEpoch));
  for (const instruction of dockerfile.globalArgs)
    for (const { name, value } of instruction.declarations) {
      const given = options.buildArgs.get(name);
      if (given !== undefined) values.set(name, given);
      else if (value !== undefined)
        values.set(name, expandGlobal(dockerfile, { word: value, lines: instruction.lines }, values));
    }
  return values;
}

/** Expands a word of FROM or of a global ARG. */
export function expandGlobal(
  dockerfile: Dockerfile,
  place: { readonly word: string; readonly lines: { readonly start: number; readonly end: number } },
  values: ReadonlyMap<string, string>,
): string {
  try {
    return expand(place.word, { lookup: (name) => values.get(name), escape: dockerfile.escape }).text;
  } catch (error) {
    if (!(error instanceof ExpansionError)) throw error;
    throw planError(dockerfile, place.lines, { code: "expansion-invalid", message: error.message });
  }
}

/**
 * The epoch that the build arguments or a global `ARG SOURCE_DATE_EPOCH=…` ask for, in seconds; the user's own
 * SOURCE_DATE_EPOCH stands between the two.
 * @throws OciBuildError `argument-unsupported` for `context` and stage names, which BuildKit reads since frontend 1.24
 */
export function epochOf(dockerfile: Dockerfile, options: PlanOptions): number | undefined {
  const declaration = dockerfile.globalArgs.find(({ declarations }) =>
    declarations.some(({ name }) => name === "SOURCE_DATE_EPOCH"),
  );
  const lines = declaration?.lines ?? { start: 1, end: 1 };
  const given = options.buildArgs.get("SOURCE_DATE_EPOCH");
  if (given === undefined && options.sourceDateEpoch !== undefined) return options.sourceDateEpoch;
  const value =
    given ?? (declaration === undefined ? undefined : globalArgs(dockerfile, options).get("SOURCE_DATE_EPOCH"));
  if (value === undefined || value === "") return undefined;
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw planError(dockerfile, lines, {
    code: "argument-unsupported",
    message: `SOURCE_DATE_EPOCH=${value} is not supported yet`,
    hint: "give it as seconds since 1970, such as $(git log -1 --format=%ct)",
  });
}

/** Build arguments that nothing declares have no effect, which is most often a misspelling. */
export function unusedArgWarnings(dockerfile: Dockerfile, options: PlanOptions): PlanWarning[] {
  const instructions = [...dockerfile.globalArgs, ...dockerfile.stages.flatMap((stage) => stage.instructions)];
  const declared = instructions.flatMap((instruction) =>
    instruction.kind === "arg" ? instruction.declarations.map(({ name }) => name) : [],
  );
  const known = new Set([...declared, ...predefinedNames]);
  const unused = [...options.buildArgs.keys()].filter((name) => !known.has(name));
  return unused.map((name) => ({ message: `no ARG declares the build argument ${name}${didYouMean(name, known)}` }));
}
