// Writes both sides of the helper protocol from protocol.json:
//   src/helper/messages.ts               types, and decoders for what the helper sends
//   native-helpers/src/protocol/messages.rs   serde types
// `--check` writes nothing and fails when a file on disk differs.
import { readFileSync, writeFileSync, existsSync, mkdirSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const protocol = JSON.parse(readFileSync(join(here, "protocol.json"), "utf8"));
const banner = "Generated from native-helpers/protocol/protocol.json by `npm run generate`. Do not edit.";

const pascal = (name) => name[0].toUpperCase() + name.slice(1);
const snake = (name) => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);

/** `[T]?`-style field types, taken apart. */
function parseType(text) {
  if (text.endsWith("?")) return { kind: "optional", of: parseType(text.slice(0, -1)) };
  if (text.startsWith("[")) return { kind: "list", of: parseType(text.slice(1, -1)) };
  return { kind: "name", name: text };
}

const numbers = new Set(["u32", "u64", "i32", "i64"]);

// ---- TypeScript ---------------------------------------------------------------------------------

function tsType(type) {
  if (type.kind === "optional") return `${tsType(type.of)} | undefined`;
  if (type.kind === "list") return `readonly ${tsType(type.of)}[]`;
  if (numbers.has(type.name)) return "number";
  return { string: "string", bool: "boolean" }[type.name] ?? type.name;
}

function tsFields(fields) {
  const lines = Object.entries(fields).map(([name, text]) => {
    const type = parseType(text);
    const mark = type.kind === "optional" ? "?" : "";
    return `  readonly ${name}${mark}: ${tsType(type)};`;
  });
  return lines.length === 0 ? "Readonly<Record<never, never>>" : `{\n${lines.join("\n")}\n}`;
}

function tsDecode(type, value, path) {
  if (type.kind === "optional") return `decodeOptional(${value}, (v) => ${tsDecode(type.of, "v", path)})`;
  if (type.kind === "list") return `decodeList(${value}, ${path}, (v) => ${tsDecode(type.of, "v", path)})`;
  if (type.name === "string") return `decodeString(${value}, ${path})`;
  if (type.name === "bool") return `decodeBoolean(${value}, ${path})`;
  if (numbers.has(type.name)) return `decodeInteger(${value}, ${path})`;
  return `decode${type.name}(${value})`;
}

function tsDecodeFields(fields, extra = "") {
  const lines = Object.entries(fields).map(
    ([name, text]) => `    ${name}: ${tsDecode(parseType(text), `o["${name}"]`, `"${name}"`)},`,
  );
  return `{\n${extra}${lines.join("\n")}\n  }`;
}

function typescript() {
  const out = [`// ${banner}`, `import {`, `  decodeBoolean,`, `  decodeInteger,`, `  decodeList,`, `  decodeLiteral,`, `  decodeObject,`, `  decodeOptional,`, `  decodeString,`, `} from "./decode.ts";`, ``, `export const PROTOCOL_VERSION = ${protocol.version};`, ``];
  for (const [name, def] of Object.entries(protocol.types)) {
    out.push(`/** ${def.doc} */`);
    if (def.enum) {
      out.push(`export type ${name} = ${def.enum.map((v) => `"${v}"`).join(" | ")};`);
      out.push(`export function decode${name}(value: unknown): ${name} {\n  return decodeLiteral(value, "${name}", [${def.enum.map((v) => `"${v}"`).join(", ")}]);\n}`);
    } else if (def.struct) {
      out.push(`export interface ${name} ${tsFields(def.struct)}`);
      out.push(`export function decode${name}(value: unknown): ${name} {\n  const o = decodeObject(value, "${name}");\n  return ${tsDecodeFields(def.struct)};\n}`);
    } else {
      const members = Object.entries(def.union).map(([tag, fields]) => `  | ${tsFields(fields).replace("{\n", `{\n  readonly kind: "${tag}";\n`)}`);
      out.push(`export type ${name} =\n${members.join("\n")};`);
      const cases = Object.entries(def.union).map(([tag, fields]) => `  if (kind === "${tag}")\n    return ${tsDecodeFields(fields, `      kind,\n`)};`);
      out.push(`export function decode${name}(value: unknown): ${name} {\n  const o = decodeObject(value, "${name}");\n  const kind = decodeLiteral(o["kind"], "${name}.kind", [${Object.keys(def.union).map((t) => `"${t}"`).join(", ")}]);\n${cases.slice(0, -1).join("\n")}\n${cases.at(-1).replace(/ {2}if .*\n {4}/, "  ")}\n}`);
    }
    out.push("");
  }
  for (const [name, def] of Object.entries(protocol.requests)) {
    const type = pascal(name);
    out.push(`/** Parameters of \`${name}\`. ${def.doc} */`);
    out.push(`export ${Object.keys(def.params).length ? `interface ${type}Params ${tsFields(def.params)}` : `type ${type}Params = ${tsFields(def.params)};`}`);
    out.push(`export ${Object.keys(def.result).length ? `interface ${type}Result ${tsFields(def.result)}` : `type ${type}Result = ${tsFields(def.result)};`}`);
    const empty = Object.keys(def.result).length === 0;
    out.push(`export function decode${type}Result(value: unknown): ${type}Result {\n  ${empty ? "" : "const o = "}decodeObject(value, "${name} result");\n  return ${empty ? "{}" : tsDecodeFields(def.result)};\n}`);
    for (const [kind, group] of [["Notice", def.notices], ["Event", def.events]]) {
      const members = Object.entries(group ?? {}).map(([tag, fields]) => {
        const entries = Object.entries(fields).map(([f, t]) => `; readonly ${f}: ${tsType(parseType(t))}`).join("");
        return `{ readonly kind: "${tag}"${entries} }`;
      });
      out.push(`export type ${type}${kind} = ${members.length ? members.join(" | ") : "never"};`);
      if (kind === "Event") {
        const cases = Object.entries(group ?? {});
        const body = cases.length === 0
          ? `  throw new TypeError(\`${name} sends no events, but sent \${JSON.stringify(value)}\`);`
          : `  const o = decodeObject(value, "${name} event");\n  const kind = decodeLiteral(o["kind"], "${name} event kind", [${cases.map(([t]) => `"${t}"`).join(", ")}]);\n  return ${tsDecodeFields(cases[0][1], "    kind,\n")};`;
        if (cases.length > 1) throw new Error("more than one event kind: teach the generator");
        out.push(`export function decode${type}Event(value: unknown): ${type}Event {\n${body}\n}`);
      }
    }
    out.push("");
  }
  out.push(`/** Every request: its parameters, result, notices (to the helper) and events (from it). */`);
  out.push(`export interface Requests {`);
  for (const name of Object.keys(protocol.requests)) {
    const type = pascal(name);
    out.push(`  readonly ${name}: { params: ${type}Params; result: ${type}Result; notice: ${type}Notice; event: ${type}Event };`);
  }
  out.push(`}`, ``, `export type Method = keyof Requests;`, ``);
  out.push(`export const decoders: { readonly [M in Method]: { readonly result: (value: unknown) => Requests[M]["result"]; readonly event: (value: unknown) => Requests[M]["event"] } } = {`);
  for (const name of Object.keys(protocol.requests)) out.push(`  ${name}: { result: decode${pascal(name)}Result, event: decode${pascal(name)}Event },`);
  out.push(`};`, ``);
  return out.join("\n");
}

// ---- Rust ---------------------------------------------------------------------------------------

function rustType(type) {
  if (type.kind === "optional") return `Option<${rustType(type.of)}>`;
  if (type.kind === "list") return `Vec<${rustType(type.of)}>`;
  return { string: "String" }[type.name] ?? type.name;
}

function rustFields(fields, visibility = "pub ") {
  return Object.entries(fields).map(([name, text]) => {
    const type = parseType(text);
    const skip = type.kind === "optional" ? `#[serde(default, skip_serializing_if = "Option::is_none")] ` : "";
    return `    ${skip}${visibility}${snake(name)}: ${rustType(type)},`;
  }).join("\n");
}

function rust() {
  const derive = `#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]`;
  const out = [`//! ${banner}`, ``, `use serde::{Deserialize, Serialize};`, ``, `pub const PROTOCOL_VERSION: u32 = ${protocol.version};`, ``];
  const struct = (name, fields) => `${derive}\n#[serde(rename_all = "camelCase")]\npub struct ${name} {\n${rustFields(fields)}\n}`;
  const union = (name, members) => `${derive}\n#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]\npub enum ${name} {\n${Object.entries(members).map(([tag, fields]) => `    ${pascal(tag)} {\n${rustFields(fields, "")}\n    },`).join("\n")}\n}`;
  for (const [name, def] of Object.entries(protocol.types)) {
    out.push(`/// ${def.doc}`);
    if (def.enum) out.push(`#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]\n#[serde(rename_all = "camelCase")]\npub enum ${name} {\n${def.enum.map((v) => `    ${pascal(v)},`).join("\n")}\n}`);
    else if (def.struct) out.push(struct(name, def.struct));
    else out.push(union(name, def.union));
    out.push("");
  }
  for (const [name, def] of Object.entries(protocol.requests)) {
    const type = pascal(name);
    out.push(`/// Parameters of \`${name}\`. ${def.doc}`, struct(`${type}Params`, def.params), "");
    out.push(struct(`${type}Result`, def.result), "");
    if (def.notices) out.push(union(`${type}Notice`, def.notices), "");
    if (def.events) out.push(union(`${type}Event`, def.events), "");
  }
  out.push(`/// A request as it arrives: the method and its parameters.`);
  out.push(`${derive}\n#[serde(tag = "method", content = "params", rename_all = "camelCase")]\npub enum Request {\n${Object.keys(protocol.requests).map((n) => `    ${pascal(n)}(${pascal(n)}Params),`).join("\n")}\n}`, "");
  const source = out.join("\n").replace(/\{\n\n\}/g, "{}");
  return execFileSync("rustfmt", ["--edition", "2024", "--config-path", join(here, "..")], { input: source, encoding: "utf8" });
}

const outputs = [
  ["src/helper/messages.ts", typescript()],
  ["native-helpers/src/protocol/messages.rs", rust()],
];
let stale = false;
for (const [path, text] of outputs) {
  const file = join(root, path);
  const now = existsSync(file) ? readFileSync(file, "utf8") : undefined;
  if (now === text) continue;
  if (process.argv.includes("--check")) {
    console.error(`${path} does not match protocol.json: run npm run generate`);
    stale = true;
  } else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}
process.exitCode = stale ? 1 : 0;
