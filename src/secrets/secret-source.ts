import { OciBuildError } from "../errors.ts";
import { splitCsv } from "../syntax/csv.ts";
import { didYouMean } from "../syntax/suggest.ts";

/** Where a secret comes from: `--secret`. */
export interface SecretSource {
  readonly id: string;
  readonly from: { readonly kind: "file"; readonly path: string } | { readonly kind: "env"; readonly name: string };
}

const keys = ["id", "src", "source", "env", "type"] as const;
type Key = (typeof keys)[number];

/**
 * Reads `id=ID[,src=FILE|,env=NAME][,type=file|env]`, a CSV record. With neither file nor variable it is the variable
 * called ID if there is one, else the file ID; with `type=env`, `src` names a variable (all as docker buildx).
 * @throws OciBuildError `secret-invalid`
 */
export function parseSecret(text: string, environment: NodeJS.ProcessEnv): SecretSource {
  const values = valuesOf(text);
  const type = values.get("type");
  if (type !== undefined && type !== "file" && type !== "env")
    throw invalid(`unknown type ${JSON.stringify(type)}${didYouMean(type, ["file", "env"])}`, text);
  const id = values.get("id") ?? "";
  if (id === "") throw invalid("it has no id", text);
  const path = values.get("src") ?? "";
  const name = values.get("env") ?? (type === "env" ? path : "");
  if (name !== "" && path !== "" && name !== path) throw invalid("it names both a file and a variable", text);
  if (type === "file" && name !== "") throw invalid("it is of type file, but names a variable", text);
  if (name !== "") return { id, from: { kind: "env", name } };
  if (path !== "") return { id, from: { kind: "file", path } };
  const isVariable = type === "env" || (type === undefined && environment[id] !== undefined);
  return { id, from: isVariable ? { kind: "env", name: id } : { kind: "file", path: id } };
}

function valuesOf(text: string): ReadonlyMap<Key, string> {
  const fields = splitCsv(text);
  if (fields === undefined) throw invalid("a quote is not closed", text);
  const values = new Map<Key, string>();
  for (const field of fields) {
    const [, written = "", value] = /^([^=]*)(?:=([^]*))?$/.exec(field) ?? [];
    const key = keys.find((known) => known === written.toLowerCase());
    if (key === undefined) throw invalid(`unknown key ${JSON.stringify(written)}${didYouMean(written, keys)}`, text);
    if (value === undefined) throw invalid(`${key} needs a value: ${key}=…`, text);
    values.set(key === "source" ? "src" : key, value);
  }
  return values;
}

function invalid(message: string, text: string): OciBuildError {
  // A secret itself does not belong here, but some will try: only the names of the keys are shown.
  const shown = text.replace(/=[^,]*/g, "=…");
  return new OciBuildError("secret-invalid", `--secret ${shown}: ${message}`, {
    hint: "write --secret id=NAME,src=FILE or --secret id=NAME,env=VARIABLE",
  });
}
