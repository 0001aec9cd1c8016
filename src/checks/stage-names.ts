import type { Remark } from "./rule.ts";
import type { FileSubject } from "./subject.ts";

const reserved: ReadonlySet<string> = new Set(["context", "scratch"]);

/** DuplicateStageName: no two stages share a name, because only the last one could be meant. */
export function duplicateStageName({ stages }: FileSubject): readonly Remark[] {
  const seen = new Set<string>();
  return stages.flatMap(({ source: { from } }) => {
    const { name } = from;
    if (name === undefined) return [];
    const again = seen.has(name);
    seen.add(name);
    const message = `Duplicate stage name ${JSON.stringify(name)}, stage names should be unique`;
    return again ? [{ message, range: from.node.arguments.range }] : [];
  });
}

/** ReservedStageName: no stage has a name that means something else already. */
export function reservedStageName({ stages }: FileSubject): readonly Remark[] {
  return stages.flatMap(({ source: { from } }) => {
    const { name } = from;
    if (name === undefined || !reserved.has(name)) return [];
    const message = `Stage name should not use the same name as reserved stage ${JSON.stringify(name)}`;
    return [{ message, range: from.node.arguments.range }];
  });
}
