/** One unit of a shell pattern. */
type Token = { readonly kind: "star" } | { readonly kind: "any" } | { readonly kind: "literal"; readonly character: string };

/**
 * Reads a shell pattern as BuildKit's `${v#pattern}` knows it: `*`, `?` and the escapes `\*`, `\?`, `\\`; no brackets. A
 * backslash in front of `}` and `/` belongs to the substitution around and falls away. Undefined for any other escape.
 */
export function parseGlob(pattern: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  const characters = [...pattern];
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? "";
    if (character === "*") tokens.push({ kind: "star" });
    else if (character === "?") tokens.push({ kind: "any" });
    else if (character === "\\") {
      const next = characters[at + 1] ?? "";
      if (next === "" || !"}/*?\\".includes(next)) return undefined;
      tokens.push({ kind: "literal", character: next });
      at += 1;
    } else tokens.push({ kind: "literal", character });
  }
  return tokens;
}

/**
 * Where matches that begin at `start` may end: the shortest and the longest, undefined when there is none. Works through
 * all states at once, so that no pattern takes more than pattern × value steps. Wildcards do not match a newline.
 */
export function matchEnds(tokens: readonly Token[], value: readonly string[], start: number): { shortest: number; longest: number } | undefined {
  let states = closure(tokens, new Set([0]));
  let ends: { shortest: number; longest: number } | undefined;
  for (let at = start; states.size > 0; at += 1) {
    if (states.has(tokens.length)) ends = { shortest: ends?.shortest ?? at, longest: at };
    if (at >= value.length) break;
    states = closure(tokens, step(tokens, states, value[at] ?? ""));
  }
  return ends;
}

/** A pattern or a value, back to front. */
export function reversed<Item>(items: readonly Item[]): readonly Item[] {
  return [...items].reverse();
}

function step(tokens: readonly Token[], states: ReadonlySet<number>, character: string): Set<number> {
  const next = new Set<number>();
  for (const state of states) {
    const token = tokens[state];
    if (token?.kind === "star" && character !== "\n") next.add(state);
    else if (token?.kind === "any" && character !== "\n") next.add(state + 1);
    else if (token?.kind === "literal" && token.character === character) next.add(state + 1);
  }
  return next;
}

/** A star may match nothing, so the state behind it is reached with it. */
function closure(tokens: readonly Token[], states: Set<number>): Set<number> {
  for (const state of states) if (tokens[state]?.kind === "star") states.add(state + 1);
  return states;
}
