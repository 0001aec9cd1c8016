import t from "tap";
import type { CallOptions, CheckAnswer } from "../../src/call.ts";
import { reportChecks } from "../../src/checks/report.ts";
import { outlineOf } from "../../src/describe/outline.ts";
import { targetsOf } from "../../src/describe/targets.ts";
import { OciBuildError } from "../../src/errors.ts";
import { parseDockerfile } from "../../src/instructions/dockerfile.ts";
import type { Engine } from "../../src/cli/engine.ts";
import { type Ended, fakeBuild, only, runWithFakes } from "./run-with-fakes.ts";

const platform = { os: "linux", architecture: "amd64" };
const planning = { buildArgs: new Map<string, string>(), platform, buildPlatform: platform };

/** The parts of the engine that answer calls, with the Dockerfile's text instead of a context. */
function answering(text: string, problem?: OciBuildError): { engine: Partial<Engine>; seen: CallOptions[] } {
  const dockerfile = parseDockerfile("Dockerfile", text);
  const seen: CallOptions[] = [];
  const report = reportChecks(dockerfile, planning, { images: () => undefined, ignore: [] });
  const answer: CheckAnswer = { ...report, problem: problem ?? report.failure };
  const engine: Partial<Engine> = {
    checkBuild: async (options) => {
      seen.push(options);
      return answer;
    },
    outlineBuild: async () => ({ outline: outlineOf(dockerfile, planning), source: dockerfile.source }),
    targetsOfBuild: async () => ({ targets: targetsOf(dockerfile), source: dockerfile.source }),
  };
  return { engine, seen };
}

function call(args: readonly string[], text: string, problem?: OciBuildError): Promise<Ended> {
  return runWithFakes(["build", ...args, "."], answering(text, problem));
}

t.test("--check tells nothing found, with the exit code 0", async (t) => {
  t.match(await call(["--check"], "FROM scratch\n"), { code: 0, stdout: "Check complete, no warnings found.\n" });
});

t.test("--check tells what is found in BuildKit's form, with the exit code 1", async (t) => {
  const { code, stdout, stderr } = await call(["--call=check"], "FROM scratch\n\nCMD a\n# end\n");
  t.equal(code, 1);
  t.equal(stderr, "");
  t.equal(
    stdout,
    `Check complete, 1 warning has been found!

WARNING: JSONArgsRecommended
JSON arguments recommended for CMD to prevent unintended behavior related to OS signals
Dockerfile:3
--------------------
   2 |
   3 | >>> CMD a
   4 |     # end
--------------------
`,
  );
  t.match((await call(["--check"], "FROM scratch\nCMD a\nMAINTAINER b\n")).stdout, /2 warnings have been found!/);
});

t.test("--check passes on what decides the Dockerfile's meaning", async (t) => {
  const { engine, seen } = answering("FROM scratch\n");
  const args = "build --check -f ci/Dockerfile --build-arg A=1 --target x --pull --root /store context";
  await runWithFakes(args.split(" "), { engine, env: { SOURCE_DATE_EPOCH: "7" } });
  const { signal: _signal, ...options } = only(seen);
  t.same(options, {
    context: "context",
    buildContexts: [],
    secrets: [],
    file: "ci/Dockerfile",
    buildArgs: new Map([
      ["A", "1"],
      ["SOURCE_DATE_EPOCH", "7"],
    ]),
    target: "x",
    pull: "always",
    offline: false,
    root: "/store",
    insecureRegistries: [],
  });
});

t.test("JSON and SARIF go to standard output alone", async (t) => {
  for (const format of ["json", "sarif"]) {
    const { code, stdout } = await call([`--call=check,format=${format}`], "FROM busybox AS A\n");
    t.equal(code, 1, format);
    t.type(JSON.parse(stdout), "object");
    t.match(stdout, /StageNameCasing/);
  }
});

t.test("what else stands in the way is told behind the findings", async (t) => {
  const problem = new OciBuildError("stage-unknown", "no stage is called x");
  const { code, stdout, stderr } = await call(["--check"], "FROM scratch\n", problem);
  t.equal(code, 1);
  t.match(stdout, /no warnings found/);
  t.match(stderr, /error: no stage is called x/);
});

t.test("what could not be checked is told on standard error", async (t) => {
  t.match(await call(["--check"], "FROM busybox\n"), { code: 0, stderr: /note: .*busybox is not known/ });
});

t.test("an outline is a few tables", async (t) => {
  const text = "# v the version\nARG v=1\nFROM busybox:$v AS app\nRUN --mount=type=secret,id=key,required x\n";
  const { code, stdout } = await call(["--call=outline"], text);
  t.equal(code, 0);
  t.equal(
    stdout,
    "TARGET:   app\n\nBUILD ARG   VALUE   DESCRIPTION\nv           1       the version\n\nSECRET   REQUIRED\nkey      true\n",
  );
  t.match(JSON.parse((await call(["--call=outline,format=json"], text)).stdout), { name: "app" });
});

t.test("targets are a table with the default marked", async (t) => {
  const text = "# deps what is needed\nFROM scratch AS deps\nFROM deps\n";
  const { stdout } = await call(["--call=targets"], text);
  t.equal(stdout, "TARGET      DESCRIPTION\ndeps        what is needed\n(default)\n");
  t.match(JSON.parse((await call(["--call", "targets,format=json"], text)).stdout), { targets: [{ name: "deps" }] });
});

t.test("--call=build builds", async (t) => {
  const { engine, seen } = fakeBuild();
  t.equal((await runWithFakes(["build", "--call=build", "."], { engine })).code, 0);
  t.equal(seen.length, 1);
});

t.test("other calls and formats are refused with a suggestion", async (t) => {
  const refused: readonly (readonly [readonly string[], RegExp])[] = [
    [["--call=chekc"], /"chekc".*\n.*did you mean --call=check\?/],
    [["--call=subrequests.describe"], /not one of build, check, outline, targets/],
    [["--call=outline,format=sarif"], /no format of it[^]*text, json/],
    [["--call=check,ignorestatus=true"], /ignorestatus.*not supported/],
    [["--call=outline", "--check"], /cannot be used together/],
  ];
  for (const [args, says] of refused) {
    const { code, stderr } = await call(args, "FROM scratch\n");
    t.equal(code, 2, args.join(" "));
    t.match(stderr, says);
  }
});

t.test("findings of a build stand at its end, not with -q", async (t) => {
  const excerpt = { file: "Dockerfile", text: "FROM a\nCMD b\n", lines: { start: 2, end: 2 } };
  const { engine } = fakeBuild(({ events }) => {
    events({ kind: "finding", rule: "JSONArgsRecommended", message: "JSON arguments …", excerpt });
    events({ kind: "step-started", step: 1, title: "x" });
  });
  const { stderr } = await runWithFakes(["build", "."], { engine });
  t.match(stderr, /#1 x\n1 warning found:\n\nWARNING: JSONArgsRecommended\nJSON arguments …\nDockerfile:2\n/);
  t.equal((await runWithFakes(["build", "-q", "."], { engine })).stderr, "");
});

t.test("findings of a build that fails are told, too", async (t) => {
  const excerpt = { file: "Dockerfile", text: "FROM a\n", lines: { start: 1, end: 1 } };
  const { engine } = fakeBuild(({ events }) => {
    for (const rule of ["A", "B"]) events({ kind: "finding", rule, message: "m", excerpt });
    throw new OciBuildError("step-failed", "it failed");
  });
  const { code, stderr } = await runWithFakes(["build", "."], { engine });
  t.equal(code, 1);
  t.match(stderr, /2 warnings found:[^]*error: it failed/);
});
