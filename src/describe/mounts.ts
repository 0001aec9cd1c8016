import { posix } from "node:path";
import type { InstructionNode } from "../syntax/node.ts";
import { splitOnce } from "../syntax/words.ts";

/** A `RUN --mount` that takes something from outside. */
export interface MentionedMount {
  readonly type: string;
  /** Its id, or what stands for it. */
  readonly name: string;
  readonly required: boolean;
  readonly range: InstructionNode["range"];
}

/** The mounts of a RUN, as far as an outline shows them: what is wrong with them is the plan's to tell. */
export function mountsOf({ name, flags }: InstructionNode): readonly MentionedMount[] {
  if (name !== "RUN") return [];
  return flags
    .filter((flag) => flag.name === "mount")
    .map(({ value = "", range }) => {
      const fields = new Map(value.split(",").map((field) => fieldOf(field)));
      const type = fields.get("type") ?? "bind";
      const required = ["", "true", "1"].includes(fields.get("required")?.toLowerCase() ?? "false");
      return { type, name: fields.get("id") ?? standIn(type, fields), required, range };
    });
}

function fieldOf(field: string): [string, string] {
  const [key, value = ""] = splitOnce(field, "=");
  const name = key.toLowerCase();
  return [name === "dst" || name === "destination" ? "target" : name, value];
}

function standIn(type: string, fields: ReadonlyMap<string, string>): string {
  const target = fields.get("target") ?? "";
  if (type === "ssh") return "default";
  return type === "secret" ? posix.basename(target) : posix.normalize(target);
}
