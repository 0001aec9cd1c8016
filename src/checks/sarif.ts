import type { OciBuildError } from "../errors.ts";
import type { CheckReport } from "./report.ts";
import { rules } from "./rules.ts";

const schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

export interface SarifTool {
  readonly version: string;
  /** What else stands in the way of the build. */
  readonly problem: OciBuildError | undefined;
}

/** `--call=check,format=sarif`: a SARIF 2.1.0 log (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html) of one run. */
export function checkSarif({ dockerfile, findings }: CheckReport, { version, problem }: SarifTool): object {
  const { file } = dockerfile.source;
  const names = rules.map(({ name }) => name);
  const results = findings.map(({ rule, message, range: { start, end } }) => ({
    ruleId: rule,
    ruleIndex: names.indexOf(rule),
    level: "warning",
    message: { text: message },
    locations: location(file, {
      startLine: start.line,
      startColumn: start.column,
      endLine: end.line,
      endColumn: end.column,
    }),
  }));
  const driver = {
    name: "oci-build",
    version,
    rules: rules.map(({ name, description }) => ({
      id: name,
      shortDescription: { text: description },
      defaultConfiguration: { level: "warning" },
    })),
  };
  return {
    $schema: schema,
    version: "2.1.0",
    runs: [
      {
        tool: { driver },
        columnKind: "utf16CodeUnits",
        results: problem === undefined ? results : [...results, errorResult(file, problem)],
      },
    ],
  };
}

function errorResult(file: string, { code, message, excerpt }: OciBuildError): object {
  const region = excerpt === undefined ? {} : { startLine: excerpt.lines.start, endLine: excerpt.lines.end };
  return { ruleId: code, level: "error", message: { text: message }, locations: location(file, region) };
}

function location(file: string, region: object): readonly object[] {
  const physicalLocation = {
    artifactLocation: { uri: uriOf(file) },
    ...(Object.keys(region).length > 0 && { region }),
  };
  return [{ physicalLocation }];
}

/** A relative path as a URI reference. */
function uriOf(file: string): string {
  return file.split("/").map(encodeURIComponent).join("/");
}
