import { splitCsv } from "../syntax/csv.ts";
import type { FlagNode, InstructionNode } from "../syntax/node.ts";
import { didYouMean } from "../syntax/suggest.ts";
import { flagProblem, type InstructionProblem } from "./problems.ts";

/** `--mount` of a RUN: its options are known and belong together; their values are not expanded yet. */
export interface MountInstruction {
  /** The whole value of the flag, as written. */
  readonly text: string;
  /** Stage, index of a stage, or image; never expanded. */
  readonly from?: string | undefined;
  /** The other options by their names, the last one of each; a bare one has the value `true`. */
  readonly options: ReadonlyMap<MountOption, string>;
}

export type MountOption = (typeof mountOptions)[number];
export type MountType = "bind" | "cache" | "tmpfs" | "secret" | "ssh";

const mountOptions = [
  "type",
  "id",
  "source",
  "target",
  "readonly",
  "readwrite",
  "sharing",
  "size",
  "required",
  "mode",
  "uid",
  "gid",
  "env",
] as const;

/** What each type takes beside `type` and `target` (Dockerfile reference, "RUN --mount"); what it would ignore is refused. */
const optionsOf: Readonly<Record<MountType, readonly (MountOption | "from")[]>> = {
  bind: ["from", "source", "readonly", "readwrite"],
  cache: ["id", "sharing", "from", "source", "mode", "uid", "gid", "readonly", "readwrite"],
  tmpfs: ["size", "readonly", "readwrite"],
  secret: ["id", "source", "env", "required", "mode", "uid", "gid", "readonly"],
  ssh: ["id", "required", "mode", "uid", "gid", "readonly"],
};

const aliases: ReadonlyMap<string, MountOption> = new Map([
  ["src", "source"],
  ["dst", "target"],
  ["destination", "target"],
  ["ro", "readonly"],
  ["rw", "readwrite"],
]);

const bare: ReadonlySet<string> = new Set(["readonly", "readwrite", "required"]);

/**
 * Reads the value of one `--mount`, a CSV record of `key=value`.
 * @throws InstructionProblem `flag-invalid`
 */
export function readMount(node: InstructionNode, flag: FlagNode): MountInstruction {
  const text = flag.value ?? "";
  const fail = (message: string, hint?: string): InstructionProblem =>
    flagProblem(node, `--mount=${text}: ${message}`, { hint, range: flag.range });
  const fields = splitCsv(text);
  if (fields === undefined) throw fail("a quote is not closed");
  let from: string | undefined;
  const options = new Map<MountOption, string>();
  for (const field of fields) {
    const [, written = "", value] = /^([^=]*)(?:=([^]*))?$/.exec(field) ?? [];
    const name = written.toLowerCase();
    const option = aliases.get(name) ?? mountOptions.find((known) => known === name);
    if (name !== "from" && option === undefined) throw fail(`unknown option ${JSON.stringify(written)}${meant(name)}`);
    if (value === undefined && !bare.has(option ?? name)) throw fail(`${written} needs a value: ${written}=…`);
    if (option === undefined) from = value;
    else options.set(option, value ?? "true");
    // Of two that say the opposite the last one counts.
    if (option === "readonly") options.delete("readwrite");
    if (option === "readwrite") options.delete("readonly");
  }
  const mount = { text, from: from === "" ? undefined : from, options };
  const type = options.get("type");
  if (type?.includes("$") === true) return mount;
  const fault = mountFault(mount, type ?? "bind");
  if (fault !== undefined) throw fail(fault.message, fault.hint);
  return mount;
}

function meant(name: string): string {
  return didYouMean(name, ["from", ...mountOptions, ...aliases.keys()]);
}

export function isMountType(type: string): type is MountType {
  return Object.hasOwn(optionsOf, type);
}

/** What is wrong with options of a mount of this type, if anything is. */
export function mountFault(
  { from, options }: MountInstruction,
  type: string,
): { readonly message: string; readonly hint: string } | undefined {
  const types = Object.keys(optionsOf);
  if (!isMountType(type))
    return {
      message: `unknown type ${JSON.stringify(type)}${didYouMean(type, types)}`,
      hint: `the types are ${types.join(", ")}`,
    };
  const taken: readonly string[] = ["type", "target", ...optionsOf[type]];
  const given = [...(from === undefined ? [] : ["from"]), ...options.keys()];
  const foreign = given.find((option) => !taken.includes(option));
  if (foreign !== undefined)
    return {
      message: `${foreign} is no option of a mount of type ${type}`,
      hint: `it takes ${taken.slice(1).join(", ")}`,
    };
  if (type === "secret" && options.has("id") && options.has("source"))
    return { message: "id and source both name the secret", hint: "write id alone" };
  if (type === "secret" && !options.has("id") && !options.has("source") && !options.has("target"))
    return { message: "nothing names the secret", hint: "write id=NAME, as in --secret id=NAME" };
  if (type === "cache" && options.has("source") && from === undefined)
    return {
      message: "source says where in from to look, and there is no from",
      hint: "add from=, or leave source out",
    };
  return undefined;
}
