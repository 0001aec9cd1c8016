import type { CheckOptions } from "./check-options.ts";
import { defaultCheckOptions, readCheckOptions } from "./check-options.ts";
import type { Problem } from "./problem.ts";
import type { Source, SourceLine, SourceRange } from "./source.ts";
import { rangeOfLine } from "./source.ts";
import { trim } from "./space.ts";

/** The character that escapes others and continues lines. */
export type Escape = "\\" | "`";

/** A parser directive: `# name=value` at the very top of a Dockerfile. */
export interface Directive {
  readonly name: "syntax" | "escape" | "check";
  readonly value: string;
  readonly range: SourceRange;
}

export interface Directives {
  readonly list: readonly Directive[];
  readonly escape: Escape;
  readonly check: CheckOptions;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

const form = /^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(\S.*)$/;
const ownFrontend = /^(?:docker\.io\/)?docker\/dockerfile(?:-upstream)?(?::(\d+)(?:\.(\d+))?[^@]*|:[a-z]+)?(?:@.*)?$/;
/** Version of BuildKit's Dockerfile frontend whose language this is. */
const languageVersion = [1, 26] as const;

/**
 * Reads the directives before anything else of the file, comments and blank lines included; the first line that is none
 * ends them (https://docs.docker.com/reference/dockerfile/#parser-directives). Behind a `#!` line only `syntax` and
 * `check` count, because BuildKit's parser stops there and only its look-ahead for those two goes on.
 */
export function readDirectives(source: Source): Directives {
  const list: Directive[] = [];
  const problems: Problem[] = [];
  const shebang = source.lines[0]?.text.startsWith("#!") === true;
  for (const line of shebang ? source.lines.slice(1) : source.lines) {
    const directive = directiveOn(line);
    if (directive === undefined) break;
    if (list.some(({ name }) => name === directive.name))
      problems.push(problem(directive, `only one ${directive.name} parser directive can be used`));
    else if (!shebang || directive.name !== "escape") list.push(directive);
  }
  const escape = valueOf(list, "escape");
  if (escape !== undefined && escape.value !== "\\" && escape.value !== "`")
    problems.push(problem(escape, `invalid escape character ${JSON.stringify(escape.value)}: it must be \\ or \``));
  const check = readCheck(valueOf(list, "check"), problems);
  return {
    list,
    escape: escape?.value === "`" ? "`" : "\\",
    check,
    problems,
    warnings: syntaxWarnings(valueOf(list, "syntax")),
  };
}

function directiveOn(line: SourceLine): Directive | undefined {
  const match = form.exec(trim(line.text));
  const name = match?.[1]?.toLowerCase();
  if (match === null || (name !== "syntax" && name !== "escape" && name !== "check")) return undefined;
  return { name, value: match[2] ?? "", range: rangeOfLine(line) };
}

function valueOf(list: readonly Directive[], name: Directive["name"]): Directive | undefined {
  return list.find((directive) => directive.name === name);
}

function readCheck(directive: Directive | undefined, problems: Problem[]): CheckOptions {
  if (directive === undefined) return defaultCheckOptions;
  const options = readCheckOptions(directive.value);
  if (!("fault" in options)) return options;
  problems.push(problem(directive, options.fault));
  return defaultCheckOptions;
}

function syntaxWarnings(directive: Directive | undefined): Problem[] {
  if (directive === undefined) return [];
  return frontendWarning(directive.value).map((message) => ({
    code: "syntax-directive",
    message,
    range: directive.range,
  }));
}

/**
 * oci-build reads the language itself, so a frontend image is never run: where that may make a difference, it is told.
 * `dockerfile.v0` is BuildKit's name for the frontend that is built in.
 */
export function frontendWarning(image: string): string[] {
  if (image === "dockerfile.v0" || isKnownFrontend(image)) return [];
  return [
    `the frontend ${image} is not run: oci-build reads the Dockerfile itself, as version ${languageVersion.join(".")}`,
  ];
}

function isKnownFrontend(image: string): boolean {
  const match = ownFrontend.exec(image);
  if (match === null) return false;
  const [major, minor] = languageVersion;
  const asked = Number(match[1] ?? major);
  return asked < major || (asked === major && Number(match[2] ?? 0) <= minor);
}

function problem(directive: Directive, message: string): Problem {
  return { code: "directive-invalid", message, range: directive.range };
}
