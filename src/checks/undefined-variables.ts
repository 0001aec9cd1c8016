import { OciBuildError } from "../errors.ts";
import { parseReference } from "../oci/reference.ts";
import { globalArgs } from "../plan/globals.ts";
import { rangeIn } from "../syntax/lines.ts";
import type { InstructionNode } from "../syntax/node.ts";
import type { SourceRange } from "../syntax/source.ts";
import { suggest } from "../syntax/suggest.ts";
import { lookUp } from "./lookup.ts";
import type { Remark } from "./rule.ts";
import type { FileSubject, StageSubject } from "./subject.ts";

/** UndefinedVar: a variable is used that neither ENV nor ARG nor the base image defines; it would be empty. */
export function undefinedVar({ visits }: StageSubject): readonly Remark[] {
  const incomplete = visits.filter(({ missing }) => missing.length > 0);
  return incomplete.flatMap(({ instruction: { node }, missing, defined }) =>
    missing.map((name) => {
      const meant = suggest(name, defined);
      const suggestion = meant === undefined ? "" : ` (did you mean $${meant}?)`;
      return { message: `Usage of undefined variable '$${name}'${suggestion}`, range: rangeOfVariable(node, name) };
    }),
  );
}

/** The first use of a variable, `$NAME` or `${NAME…`; the whole instruction where it stands in a heredoc. */
function rangeOfVariable({ written, range }: InstructionNode, name: string): SourceRange {
  for (const { 0: found, index } of written.text.matchAll(use))
    if (found.replace(/^\$\{?/, "") === name) return rangeIn(written, index, index + found.length);
  return range;
}

const use = /\$\{?(?:[\p{L}_][\p{L}\p{Nd}_]*|\p{Nd}+|[@*#?\-$!])/gu;

/** UndefinedArgInFrom: FROM sees the global ARGs and the platform's, and nothing else. */
export function undefinedArgInFrom({ dockerfile, globals, stages }: FileSubject): readonly Remark[] {
  const declared = new Set(globals.keys());
  for (const { declarations } of dockerfile.globalArgs) for (const { name } of declarations) declared.add(name);
  return stages.flatMap(({ source: { from } }) => {
    const names = new Set<string>();
    for (const word of [from.base, from.platform])
      if (word !== undefined)
        for (const name of lookUp(word, globals, dockerfile.escape)?.missing ?? []) names.add(name);
    return [...names]
      .filter((name) => !declared.has(name))
      .map((name) => {
        const meant = suggest(name, declared);
        const suggestion = meant === undefined ? "" : ` (did you mean ${meant}?)`;
        return { message: `FROM argument '${name}' is not declared${suggestion}`, range: from.node.range };
      });
  });
}

/** InvalidDefaultArgInFrom: FROM names an image also when no build argument is given. */
export function invalidDefaultArgInFrom({ dockerfile, options, stages }: FileSubject): readonly Remark[] {
  const defaults = attempt(() => globalArgs(dockerfile, { ...options, buildArgs: new Map() }));
  if (defaults === undefined) return [];
  return stages.flatMap(({ source: { from } }) => {
    const found = lookUp(from.base, defaults, dockerfile.escape);
    if (found === undefined || found.matched.size + found.missing.size === 0) return [];
    if (attempt(() => parseReference(found.text)) !== undefined) return [];
    const message = `Default value for ARG ${from.base} results in empty or invalid base image name`;
    return [{ message, range: from.node.arguments.range }];
  });
}

function attempt<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof OciBuildError) return undefined;
    throw error;
  }
}
