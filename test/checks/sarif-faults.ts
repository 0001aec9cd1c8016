/**
 * The required properties of the SARIF 2.1.0 schema, for the objects that a log of checks consists of
 * (https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json), and their values where the
 * schema lists them.
 */
const shapes: Readonly<Record<string, Shape>> = {
  sarifLog: { required: ["version", "runs"], lists: { runs: "run" }, values: { version: ["2.1.0"] } },
  run: {
    required: ["tool"],
    objects: { tool: "tool" },
    lists: { results: "result" },
    values: { columnKind: ["utf16CodeUnits", "unicodeCodePoints"] },
  },
  tool: { required: ["driver"], objects: { driver: "toolComponent" } },
  toolComponent: { required: ["name"], lists: { rules: "reportingDescriptor" } },
  reportingDescriptor: { required: ["id"], objects: { shortDescription: "multiformatMessageString" } },
  multiformatMessageString: { required: ["text"] },
  result: {
    required: ["message"],
    objects: { message: "message" },
    lists: { locations: "location" },
    values: { level: ["none", "note", "warning", "error"] },
  },
  message: { required: ["text"] },
  location: { required: [], objects: { physicalLocation: "physicalLocation" } },
  physicalLocation: { required: ["artifactLocation"], objects: { region: "region" } },
  region: { required: [], least: ["startLine", "startColumn", "endLine", "endColumn"] },
};

interface Shape {
  readonly required: readonly string[];
  readonly objects?: Readonly<Record<string, string>>;
  readonly lists?: Readonly<Record<string, string>>;
  readonly values?: Readonly<Record<string, readonly string[]>>;
  /** Properties that are whole numbers of at least 1. */
  readonly least?: readonly string[];
}

/** What is wrong with a SARIF log. */
export function sarifFaults(value: unknown, shapeName = "sarifLog", path = ""): readonly string[] {
  const shape = shapes[shapeName];
  if (shape === undefined) throw new Error(`no shape ${shapeName}`);
  if (typeof value !== "object" || value === null) return [`${path} is no object`];
  const at = (name: string): string => (path === "" ? name : `${path}/${name}`);
  const properties = new Map<string, unknown>(Object.entries(value));
  const faults = shape.required.filter((name) => !properties.has(name)).map((name) => `${at(name)} is missing`);
  for (const [name, allowed] of Object.entries(shape.values ?? {}))
    if (properties.has(name) && !allowed.includes(String(properties.get(name)))) faults.push(`${at(name)} is wrong`);
  for (const name of shape.least ?? []) {
    const number = properties.get(name);
    if (number !== undefined && (!Number.isInteger(number) || Number(number) < 1)) faults.push(`${at(name)} is wrong`);
  }
  for (const [name, inner] of Object.entries(shape.objects ?? {}))
    if (properties.has(name)) faults.push(...sarifFaults(properties.get(name), inner, at(name)));
  for (const [name, inner] of Object.entries(shape.lists ?? {})) {
    const list = properties.get(name) ?? [];
    if (!Array.isArray(list)) faults.push(`${at(name)} is no list`);
    else for (const [index, item] of list.entries()) faults.push(...sarifFaults(item, inner, `${at(name)}/${index}`));
  }
  return faults;
}
