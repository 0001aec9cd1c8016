import { OciBuildError } from "../errors.ts";
import type { Dockerfile } from "../instructions/dockerfile.ts";
import type { PlanOptions } from "../plan/options.ts";
import { reservedArgs } from "../plan/reserved-args.ts";
import type { StageIndex } from "../plan/step.ts";
import { type CheckOptions, readCheckOptions } from "../syntax/check-options.ts";
import { suggest } from "../syntax/suggest.ts";
import { linesOf } from "../syntax/source.ts";
import { check } from "./check.ts";
import type { Finding } from "./rule.ts";
import { rules } from "./rules.ts";
import { type FileSubject, type Known, subjectOf } from "./subject.ts";

/** What the build checks have to say about a Dockerfile. */
export interface CheckReport {
  readonly dockerfile: Dockerfile;
  readonly findings: readonly Finding[];
  /** Sentences about what was not checked, and why. */
  readonly notes: readonly string[];
  /** Set when `check=error=true` turns the findings into a failure. */
  readonly failure: OciBuildError | undefined;
}

export interface Reporting extends Known {
  /** The stages that are built; all of them without it. */
  readonly stages?: ReadonlySet<StageIndex> | undefined;
}

/**
 * Runs the build checks.
 * @throws OciBuildError `argument-invalid` when BUILDKIT_DOCKERFILE_CHECK cannot be read, or of the global arguments
 */
export function reportChecks(dockerfile: Dockerfile, options: PlanOptions, known: Reporting): CheckReport {
  const asked = optionsOf(dockerfile, options);
  const file = subjectOf(dockerfile, options, known);
  const includes = (stage: StageIndex): boolean => known.stages?.has(stage) ?? true;
  const findings = check(file, { options: asked, includes });
  const notes = [...unknownRules(asked), ...unknownBases(file, includes)];
  return { dockerfile, findings, notes, failure: asked.error ? failureOf(dockerfile, findings) : undefined };
}

function optionsOf({ tree }: Dockerfile, { buildArgs }: PlanOptions): CheckOptions {
  const { dockerfileCheck } = reservedArgs(buildArgs);
  const options = dockerfileCheck === undefined ? tree.directives.check : readCheckOptions(dockerfileCheck);
  if (!("fault" in options)) return options;
  throw new OciBuildError("argument-invalid", `the build argument BUILDKIT_DOCKERFILE_CHECK: ${options.fault}`, {
    hint: "write skip=RULE,RULE;error=true;experimental=RULE, or all for RULE",
  });
}

function failureOf(dockerfile: Dockerfile, findings: readonly Finding[]): OciBuildError | undefined {
  const [first] = findings;
  if (first === undefined) return undefined;
  const names = [...new Set(findings.map(({ rule }) => rule))];
  const { file, text } = dockerfile.source;
  return new OciBuildError("checks-failed", `lint violation found for rules: ${names.join(", ")}`, {
    hint: "check=error=true asks for this; # check=skip=RULE leaves a rule out",
    excerpt: { file, text, lines: linesOf(first.range) },
  });
}

function unknownRules({ skip, experimental }: CheckOptions): readonly string[] {
  const names = rules.map(({ name }) => name);
  return [...skip, ...experimental]
    .filter((name) => name !== "all" && name !== "" && !names.includes(name))
    .map((name) => {
      const meant = suggest(name, names);
      return `no build check is called ${name}${meant === undefined ? "" : ` (did you mean ${meant}?)`}`;
    });
}

function unknownBases({ stages }: FileSubject, includes: (stage: StageIndex) => boolean): readonly string[] {
  const names = stages.flatMap(({ base, source }) =>
    includes(source.index) && base.kind === "image" && base.image === undefined ? [base.name] : [],
  );
  return [...new Set(names)].map(
    (name) =>
      `the base image ${name} is not known: UndefinedVar, JSONArgsRecommended and InvalidBaseImagePlatform say nothing about the stages on it`,
  );
}
