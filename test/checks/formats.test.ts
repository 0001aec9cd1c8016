import t from "tap";
import { checkJson } from "../../src/checks/json.ts";
import { type CheckReport, reportChecks } from "../../src/checks/report.ts";
import { rules } from "../../src/checks/rules.ts";
import { checkSarif } from "../../src/checks/sarif.ts";
import { OciBuildError } from "../../src/errors.ts";
import { parseDockerfile } from "../../src/instructions/dockerfile.ts";
import { sarifFaults } from "./sarif-faults.ts";

const text = "FROM scratch AS Base\nMAINTAINER me\n";
const problem = new OciBuildError("stage-unknown", "no stage is called x", {
  excerpt: { file: "Dockerfile", text, lines: { start: 1, end: 1 } },
});

function report(content: string, buildArgs: Readonly<Record<string, string>> = {}): CheckReport {
  const platform = { os: "linux", architecture: "amd64" };
  const dockerfile = parseDockerfile("sub dir/Dockerfile", content);
  const options = { buildArgs: new Map(Object.entries(buildArgs)), platform, buildPlatform: platform };
  return reportChecks(dockerfile, options, { images: () => undefined, ignore: [] });
}

t.test("JSON has BuildKit's fields", (t) => {
  t.match(checkJson(report(text), problem), {
    warnings: [
      {
        ruleName: "StageNameCasing",
        description: "Stage names should be lowercase",
        detail: "Stage name 'Base' should be lowercase",
        location: {
          sourceIndex: 0,
          ranges: [{ start: { line: 1, character: 5 }, end: { line: 1, character: 20 } }],
        },
      },
      { ruleName: "MaintainerDeprecated", location: { ranges: [{ start: { line: 2, character: 0 } }] } },
    ],
    sources: [{ filename: "sub dir/Dockerfile", data: Buffer.from(text).toString("base64") }],
    buildError: { message: "no stage is called x", location: { ranges: [{ start: { line: 1 } }] } },
  });
  t.notOk("buildError" in checkJson(report(text), undefined));
  t.end();
});

t.test("SARIF has what version 2.1.0 asks for", (t) => {
  const log = JSON.parse(JSON.stringify(checkSarif(report(text), { version: "1.2.3", problem }))) as unknown;
  t.strictSame(sarifFaults(log), []);
  t.match(log, {
    runs: [
      {
        tool: { driver: { name: "oci-build", version: "1.2.3", rules: rules.map(({ name }) => ({ id: name })) } },
        results: [
          {
            ruleId: "StageNameCasing",
            level: "warning",
            locations: [
              {
                physicalLocation: {
                  artifactLocation: { uri: "sub%20dir/Dockerfile" },
                  region: { startLine: 1, startColumn: 6, endLine: 1, endColumn: 21 },
                },
              },
            ],
          },
          { ruleId: "MaintainerDeprecated" },
          { ruleId: "stage-unknown", level: "error" },
        ],
      },
    ],
  });
  t.end();
});

t.test("the judge of SARIF sees what is missing", (t) => {
  t.strictSame(sarifFaults({ version: "2.1.0", runs: [{ results: [{}] }] }), [
    "runs/0/tool is missing",
    "runs/0/results/0/message is missing",
  ]);
  t.end();
});

t.test("BUILDKIT_DOCKERFILE_CHECK stands in for the directive", (t) => {
  const names = (content: string, value: string): unknown =>
    report(content, { BUILDKIT_DOCKERFILE_CHECK: value }).findings.map(({ rule }) => rule);
  t.strictSame(names(`# check=skip=all\n${text}`, "skip=StageNameCasing"), ["MaintainerDeprecated"]);
  t.equal(report(`# check=error=true\n${text}`, { BUILDKIT_DOCKERFILE_CHECK: "skip=all" }).failure, undefined);
  t.throws(() => names(text, "sikp=all"), { code: "argument-invalid", message: /BUILDKIT_DOCKERFILE_CHECK/ });
  t.end();
});

t.test("error=true makes a failure of findings, and only of findings", (t) => {
  t.match(report(`# check=error=true\n${text}`).failure, {
    code: "checks-failed",
    message: "lint violation found for rules: StageNameCasing, MaintainerDeprecated",
    excerpt: { lines: { start: 2, end: 2 } },
  });
  t.equal(report("# check=error=true\nFROM scratch\n").failure, undefined);
  t.equal(report(text).failure, undefined);
  t.end();
});

t.test("what is not checked is told", (t) => {
  const { notes } = report("# check=skip=StageNameCasin,Nonsense\nFROM busybox\nFROM busybox AS b\n");
  t.match(notes, [/StageNameCasin \(did you mean StageNameCasing\?\)/, /called Nonsense$/, /busybox is not known/]);
  t.equal(notes.length, 3);
  t.end();
});
