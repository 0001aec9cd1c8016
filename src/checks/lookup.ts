import { expand } from "../plan/expand.ts";
import { ExpansionError } from "../plan/substitution.ts";
import type { Escape } from "../syntax/directives.ts";

/** A word of FROM with the variables that it uses. */
export interface LookedUp {
  readonly text: string;
  readonly matched: ReadonlySet<string>;
  readonly missing: ReadonlySet<string>;
}

const none: ReadonlySet<string> = new Set();

/** Expands a word; undefined when its substitutions are wrong, which is an error of the plan. */
export function lookUp(word: string, values: ReadonlyMap<string, string>, escape: Escape): LookedUp | undefined {
  if (/^[\w./:@-]+$/.test(word)) return { text: word, matched: none, missing: none };
  const matched = new Set<string>();
  const missing = new Set<string>();
  const lookup = (name: string): string | undefined => {
    const value = values.get(name);
    (value === undefined ? missing : matched).add(name);
    return value;
  };
  try {
    return { text: expand(word, { lookup, escape }), matched, missing };
  } catch (error) {
    if (error instanceof ExpansionError) return undefined;
    throw error;
  }
}
