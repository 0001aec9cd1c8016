import type { RefusedFlags } from "./flag.ts";

/** Gives several flags the same sentence; `names` are separated by white space. */
export function refused(sentence: string, names: string): RefusedFlags {
  return Object.fromEntries(
    names
      .trim()
      .split(/\s+/)
      .map((name) => [name, sentence]),
  );
}

export const notYet = "is not supported yet";
