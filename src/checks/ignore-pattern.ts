/**
 * Whether cleaned `.dockerignore` patterns, none of them negated, keep a cleaned path out of the context: one of them
 * matches it or a directory above it (github.com/moby/patternmatcher).
 */
export function ignores(patterns: readonly string[]): (path: string) => boolean {
  const expressions = patterns.map(expressionOf).filter((expression) => expression !== undefined);
  return (path) => {
    const above = path.split("/").map((_, index, parts) => parts.slice(0, index + 1).join("/"));
    return expressions.some((expression) => above.some((directory) => expression.test(directory)));
  };
}

/** `*` and `?` do not match a slash; `**` matches any number of directories. Undefined for a pattern that is none. */
function expressionOf(pattern: string): RegExp | undefined {
  let text = "";
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern.charAt(at);
    if (character === "*" && pattern[at + 1] === "*") {
      at += pattern[at + 2] === "/" ? 2 : 1;
      text += at + 1 >= pattern.length ? ".*" : "(?:.*/)?";
    } else if (character === "*") text += "[^/]*";
    else if (character === "?") text += "[^/]";
    else if (character === "\\" && at + 1 < pattern.length) {
      at += 1;
      text += escaped(pattern.charAt(at));
    } else text += character === "[" || character === "]" ? character : escaped(character);
  }
  try {
    return new RegExp(`^${text}$`, "s");
  } catch {
    return undefined;
  }
}

function escaped(character: string): string {
  return /[.$+(){}|\\/*?[\]]/.test(character) ? `\\${character}` : character;
}
