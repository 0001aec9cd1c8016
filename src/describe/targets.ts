import type { Dockerfile } from "../instructions/dockerfile.ts";
import type { SourceRange } from "../syntax/source.ts";
import { docstringOf } from "./docstring.ts";

/** A stage that can be built. */
export interface Target {
  /** Undefined for a last stage without a name. */
  readonly name: string | undefined;
  /** Whether it is built when no target is asked for. */
  readonly isDefault: boolean;
  readonly description: string | undefined;
  /** As written behind FROM. */
  readonly base: string;
  readonly platform: string | undefined;
  readonly range: SourceRange;
}

/** What `--call=targets` lists: the stages that have a name, and the last one in any case. */
export function targetsOf({ stages }: Dockerfile): readonly Target[] {
  const last = stages.length - 1;
  return stages
    .filter(({ index, from }) => from.name !== undefined || index === last)
    .map(({ index, from: { name, base, platform, node } }) => ({
      name,
      isDefault: index === last,
      description: name === undefined ? undefined : docstringOf(name, node.comments),
      base,
      platform,
      range: node.range,
    }));
}
