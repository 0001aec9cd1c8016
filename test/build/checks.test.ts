import { existsSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { startBases } from "../support/bases.ts";
import { project } from "../support/project.ts";
import { sarifFaults } from "../checks/sarif-faults.ts";

t.test("--check knows the base image, finds what is wrong, and builds nothing", async (t) => {
  const { busybox } = await startBases(t);
  const p = project(t, { Dockerfile: `FROM ${busybox}\nENV P=$PAHT\nCOPY hidden /\n`, ".dockerignore": "hidden\n" });
  const ended = await p.build(["--check"]);
  t.equal(ended.code, 1, ended.stderr);
  t.match(ended.stdout, /^Check complete, 2 warnings have been found!\n/);
  t.match(ended.stdout, /WARNING: UndefinedVar\n.*'\$PAHT' \(did you mean \$PATH\?\)\nDockerfile:2\n/);
  t.match(ended.stdout, /WARNING: CopyIgnoredFile\n.*"hidden"/);
  t.notOk(existsSync(join(p.store, "steps")) && existsSync(join(p.store, "layers", "sha256")), "nothing was built");
  p.write({ Dockerfile: `FROM ${busybox}\nENV P=$PATH\n` });
  t.match(await p.build(["--check"]), { code: 0, stdout: "Check complete, no warnings found.\n" });
});

t.test("--check works where the base image cannot be had, and says so", async (t) => {
  const p = project(t, { Dockerfile: "FROM localhost:1/library/x AS Base\nENV P=$PAHT\n" });
  const ended = await p.build(["--check"]);
  t.equal(ended.code, 1);
  t.match(ended.stdout, /1 warning has been found!\n\nWARNING: StageNameCasing/);
  t.match(ended.stderr, /note: .*localhost:1/);
  t.match(ended.stderr, /note: the base image localhost:1\/library\/x is not known/);
});

t.test("SARIF and JSON of the real program can be read", async (t) => {
  const p = project(t, { Dockerfile: "FROM scratch AS Base\nMAINTAINER me\n" });
  const sarif = await p.build(["--call=check,format=sarif"]);
  t.equal(sarif.code, 1, sarif.stderr);
  t.strictSame(sarifFaults(JSON.parse(sarif.stdout)), []);
  const json = JSON.parse((await p.build(["--call=check,format=json"])).stdout) as { warnings: unknown[] };
  t.equal(json.warnings.length, 2);
});

t.test("outline and targets need neither base image nor network", async (t) => {
  const p = project(t, {
    Dockerfile: "# v of x\nARG v=1\nFROM localhost:1/x:$v AS a\nRUN --mount=type=cache,target=/c x\n",
  });
  t.match(await p.build(["--call=outline"]), { code: 0, stdout: /TARGET:\s+a\n[^]*v\s+1\s+of x\n[^]*CACHE\n\/c\n/ });
  t.match(await p.build(["--call=targets"]), { code: 0, stdout: /a \(default\)/ });
});

t.test("a build tells what the checks found at its end, and makes the image", async (t) => {
  const { busybox } = await startBases(t);
  const p = project(t, { Dockerfile: `FROM ${busybox}\nRUN true\nCMD true\n` });
  const ended = await p.build(["-t", "app"]);
  t.equal(ended.code, 0, ended.stderr);
  t.match(
    ended.stderr,
    /DONE[^]*1 warning found:\n\nWARNING: JSONArgsRecommended\n[^]*>>> CMD true[^]*\nbuilt sha256:/,
  );
  t.ok(p.digestOf("docker.io/library/app:latest"));
  const quiet = await p.command("build", ["-q", p.context]);
  t.equal(quiet.stderr, "");
});

t.test("check=error=true fails before anything runs, and BUILDKIT_DOCKERFILE_CHECK overrides it", async (t) => {
  const { busybox } = await startBases(t);
  const p = project(t, { Dockerfile: `# check=error=true\nFROM ${busybox}\nRUN true\nCMD true\n` });
  const refused = await p.build(["-t", "app"]);
  t.equal(refused.code, 1);
  t.match(refused.stderr, /error: lint violation found for rules: JSONArgsRecommended/);
  t.match(refused.stderr, /WARNING: JSONArgsRecommended/);
  t.notMatch(refused.stderr, /\] RUN true/, "nothing ran");
  const overridden = await p.build(["--build-arg", "BUILDKIT_DOCKERFILE_CHECK=skip=JSONArgsRecommended;error=true"]);
  t.equal(overridden.code, 0, overridden.stderr);
  t.notMatch(overridden.stderr, /warning/i);
});
