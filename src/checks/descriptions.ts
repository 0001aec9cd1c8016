import type { Escape } from "../syntax/directives.ts";
import { splitBlanks, splitQuoted } from "../syntax/words.ts";
import type { InstructionNode } from "../syntax/node.ts";
import type { Remark } from "./rule.ts";
import type { FileSubject } from "./subject.ts";

/**
 * InvalidDefinitionDescription: a comment directly above FROM or ARG is the description that `--call=outline` and
 * `--call=targets` show, and begins with the name that it describes.
 */
export function invalidDefinitionDescription({ dockerfile }: FileSubject): readonly Remark[] {
  return dockerfile.tree.instructions.flatMap((node) => {
    const comment = node.comments.filter((line) => !/^check\s*=/i.test(line)).at(-1);
    const names = definedNames(node, dockerfile.escape);
    const [first] = names;
    if (comment === undefined || first === undefined || names.includes(comment.split(" ", 1)[0] ?? "")) return [];
    const example = names.length > 1 ? "<arg_key>" : first;
    const message = `Comment for ${node.name} should follow the format: \`# ${example} <description>\``;
    return [{ message, range: node.range }];
  });
}

function definedNames({ name, arguments: { text } }: InstructionNode, escape: Escape): readonly string[] {
  if (name === "FROM") return splitBlanks(text.toLowerCase()).slice(2);
  return name === "ARG" ? splitQuoted(text, escape).map((word) => word.replace(/=.*$/s, "")) : [];
}
