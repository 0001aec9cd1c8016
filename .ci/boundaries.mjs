// Checks what each folder of src/ may import. Every file belongs to a unit: its folder, or its own name when it stands
// directly in src/. The table is written from the bottom up; a unit may only name units above it, so there is no cycle.
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import ts from "typescript";

const allowed = [
  ["errors", []],
  ["oci", ["errors"]],
  ["location", ["errors", "oci"]],
  ["network", ["errors"]],
  ["progress", ["errors"]],
  ["syntax", ["errors"]],
  ["instructions", ["errors", "syntax", "oci"]],
  ["plan", ["errors", "instructions", "syntax", "oci", "location"]],
  ["checks", ["errors", "oci", "syntax", "instructions", "plan"]],
  ["describe", ["errors", "oci", "location", "syntax", "instructions", "plan", "checks"]],
  ["image", ["errors", "oci", "plan"]],
  ["helper", ["errors", "progress"]],
  ["lock", ["errors", "oci", "location"]],
  ["store", ["errors", "oci", "helper"]],
  ["http", ["errors", "location", "progress"]],
  ["registry", ["errors", "oci", "location", "http"]],
  ["fetch", ["errors", "oci", "location", "lock", "progress", "http", "helper", "store"]],
  ["context", ["errors", "oci", "location", "syntax", "progress", "helper", "store", "fetch"]],
  ["solve", ["errors", "oci", "plan", "progress"]],
  ["output", ["errors", "syntax", "oci", "image", "progress", "solve", "store", "registry"]],
  ["cache", ["errors", "syntax", "oci", "solve", "registry", "output"]],
  ["secrets", ["errors", "syntax"]],
  [
    "execute",
    [
      "errors",
      "oci",
      "network",
      "secrets",
      "plan",
      "image",
      "lock",
      "progress",
      "solve",
      "cache",
      "store",
      "helper",
      "registry",
      "context",
      "location",
      "fetch",
    ],
  ],
  ["container", ["errors", "oci", "network", "helper", "store", "execute", "progress"]],
  ["compare", ["errors", "oci", "location", "helper", "store", "registry", "execute"]],
  ["foreign", "everything above"],
  ["preparation", "everything above"],
  ["lock-build", "everything above"],
  ["build", "everything above"],
  ["verify", "everything above"],
  ["call", "everything above"],
  ["dry-run", "everything above"],
  ["push", "everything above"],
  ["login", "everything above"],
  ["list-context", "everything above"],
  ["cli", "everything above"],
  ["index", "everything above"],
];

/** Units without effects: they are tested as tables and know nothing of files, processes or the network. */
const pure = [
  "errors",
  "oci",
  "location",
  "syntax",
  "instructions",
  "plan",
  "checks",
  "describe",
  "image",
  "lock",
  "solve",
];
/** What of Node a pure unit may still use. */
const harmless = ["node:util", "node:buffer", "node:path", "node:assert/strict"];

/** Names that say nothing about what is inside. */
const vague = /^(utils?|common|helpers|misc|lib|shared|types)(\.ts)?$/;

const units = allowed.map(([unit]) => unit);
const faults = [];

checkTable();
for (const path of readdirSync("src", { recursive: true, withFileTypes: true })) {
  const file = join(path.parentPath, path.name);
  if (vague.test(path.name)) faults.push(`${file}: the name says nothing about what is inside`);
  if (path.isFile() && file.endsWith(".ts")) checkFile(file);
}
for (const fault of faults) console.error(fault);
process.exitCode = faults.length === 0 ? 0 : 1;

/** Every unit may use only units that stand above it. */
function checkTable() {
  for (const [unit] of allowed)
    for (const used of usable(unit))
      if (units.indexOf(used) >= units.indexOf(unit))
        faults.push(`the table lets ${unit} use ${used}, which stands below it`);
}

function checkFile(file) {
  const unit = unitOf(file);
  if (!units.includes(unit)) {
    faults.push(`${file}: ${unit} is not in the table of .ci/boundaries.mjs`);
    return;
  }
  // Finds static, type-only and dynamic imports, and re-exports.
  for (const { fileName } of ts.preProcessFile(readFileSync(file, "utf8"), true, true).importedFiles) {
    const fault = fileName.startsWith(".") ? ownFault(file, unit, fileName) : foreignFault(unit, fileName);
    if (fault !== undefined) faults.push(`${file}: ${fault}`);
  }
}

function ownFault(file, unit, specifier) {
  const target = normalize(join(dirname(file), specifier));
  if (!target.startsWith("src/")) return `imports ${specifier}, which is outside src`;
  const used = unitOf(target);
  return used === unit || usable(unit).includes(used) ? undefined : `${unit} may not import ${used} (${specifier})`;
}

function foreignFault(unit, specifier) {
  if (!pure.includes(unit) || !specifier.startsWith("node:") || harmless.includes(specifier)) return undefined;
  return `${unit} is pure and may not import ${specifier}`;
}

function usable(unit) {
  const uses = allowed.find(([name]) => name === unit)?.[1] ?? [];
  return Array.isArray(uses) ? uses : units.slice(0, units.indexOf(unit));
}

function unitOf(file) {
  return file.split("/")[1].replace(/\.ts$/, "");
}
