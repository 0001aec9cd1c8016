import { EventEmitter } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { OciBuildError } from "../../src/errors.ts";
import { fakeBuild, imageId, manifestDigest, only, runWithFakes } from "./run-with-fakes.ts";

t.test("flags become options", async (t) => {
  const { engine, seen } = fakeBuild();
  const line =
    "build -f ci/Dockerfile -t app -tapp:2 --build-arg A=1 --build-arg B --build-arg C --target test --no-cache --jobs 3 --pull --isolation chroot --network none --add-host a=::1 --dns 9.9.9.9 --dns-search . --dns-option ndots:2 --secret id=s,src=/s --ssh default --build-context a=b --insecure-registry plain.example:5000 -o oci:out --root /store context";
  t.equal((await runWithFakes(line.split(" "), { engine, env: { B: "b", SOURCE_DATE_EPOCH: "1700000000" } })).code, 0);
  const { events, signal, collection, ...options } = only(seen);
  t.same(collection, { unusedFor: 60 * 86_400_000 });
  t.type(events, "function");
  t.notOk(signal.aborted);
  t.same(options, {
    context: "context",
    buildContexts: ["a=b"],
    file: "ci/Dockerfile",
    tags: ["app", "app:2"],
    buildArgs: new Map([
      ["A", "1"],
      ["B", "b"],
      ["SOURCE_DATE_EPOCH", "1700000000"],
    ]),
    labels: new Map(),
    annotations: new Map(),
    target: "test",
    cache: { kind: "ignore" },
    cacheFrom: [],
    cacheTo: [],
    jobs: 3,
    pull: "always",
    offline: false,
    outputs: [{ kind: "oci", directory: "out", tag: undefined }],
    root: "/store",
    isolation: "chroot",
    network: "none",
    names: { hosts: [{ name: "a", address: "::1" }], servers: ["9.9.9.9"], search: ["."], options: ["ndots:2"] },
    secrets: [{ id: "s", from: { kind: "file", path: "/s" } }],
    ssh: [{ id: "default", paths: [] }],
    insecureRegistries: ["plain.example:5000"],
  });
});

t.test("without flags there are defaults", async (t) => {
  const { engine, seen } = fakeBuild();
  t.equal(
    (await runWithFakes(["build", "--rm", "--force-rm=true", "."], { engine, env: { OCI_BUILD_ROOT: "/store" } })).code,
    0,
  );
  t.match(seen[0], {
    context: ".",
    tags: [],
    cache: { kind: "use" },
    cacheFrom: [],
    cacheTo: [],
    offline: false,
    pull: "missing",
    outputs: [],
    root: "/store",
    isolation: "auto",
    network: "default",
    secrets: [],
    ssh: [],
    insecureRegistries: [],
  });
  t.equal(seen[0]?.file, undefined);
});

t.test("--pull may be given in docker's and in buildah's way", async (t) => {
  const { engine, seen } = fakeBuild();
  for (const flag of ["--pull", "--pull=true", "--pull=always", "--pull=1"]) {
    await runWithFakes(["build", flag, "."], { engine });
    t.equal(seen.at(-1)?.pull, "always", flag);
  }
  for (const flag of ["--pull=false", "--pull=missing", "--pull=0"]) {
    await runWithFakes(["build", flag, "."], { engine });
    t.equal(seen.at(-1)?.pull, "missing", flag);
  }
  for (const pull of ["newer", "never"]) {
    await runWithFakes(["build", `--pull=${pull}`, "."], { engine });
    t.equal(seen.at(-1)?.pull, pull);
  }
  await runWithFakes(["build", "--offline", "."], { engine });
  t.match(seen.at(-1), { pull: "never", offline: true });
  for (const flag of ["--pull", "--pull=newer"]) {
    const { code, stderr } = await runWithFakes(["build", "--offline", flag, "."], { engine });
    t.equal(code, 2);
    t.match(stderr, /--offline and --pull=(always|newer) contradict each other/);
  }
});

t.test("which steps run again may be said for stages and steps, and how many run at once", async (t) => {
  const { engine, seen } = fakeBuild();
  const flags = ["--no-cache-filter", "a,b", "--no-cache-filter=c", "--no-cache-step", "RUN x, y", "--no-cache-step=2"];
  await runWithFakes(["build", ...flags, "."], { engine });
  t.same(seen.at(-1)?.cache, { kind: "ignore-some", stages: ["a", "b", "c"], steps: ["RUN x, y", "2"] });
  await runWithFakes(["build", ...flags, "--no-cache", "."], { engine });
  t.same(seen.at(-1)?.cache, { kind: "ignore" });
  for (const jobs of ["0", "-1", "x", "1.5", ""]) {
    const { code, stderr } = await runWithFakes(["build", `--jobs=${jobs}`, "."], { engine });
    t.equal(code, 2, jobs);
    t.match(stderr, /--jobs: .* is no number from 1 to 9999/);
  }
});

t.test("progress and result go to standard error", async (t) => {
  const { engine } = fakeBuild(({ events }) => {
    events({ kind: "step-started", step: 1, title: "[1/1] RUN true" });
    events({ kind: "step-finished", step: 1, outcome: { kind: "cached" } });
  });
  const { code, stdout, stderr } = await runWithFakes(["build", "-t", "app:1", "."], { engine });
  t.equal(code, 0);
  t.equal(stdout, "");
  t.equal(stderr, `#1 [1/1] RUN true\n#1 CACHED\n\nbuilt ${imageId} (45.2MB)\nnamed docker.io/library/app:1\n`);
});

t.test("a terminal gets the live display, unless something else is asked for", async (t) => {
  const { engine } = fakeBuild(({ events }) => events({ kind: "step-started", step: 1, title: "x" }));
  const live = await runWithFakes(["build", "."], { engine, terminal: "stderr" });
  t.match(live.stderr, "\u001b[?25l");
  t.match(live.stderr, "\u001b[?25h");
  for (const [args, env] of [
    [["--progress=plain"], {}],
    [[], { BUILDKIT_PROGRESS: "plain" }],
    [["--progress=auto"], { BUILDKIT_PROGRESS: "plain" }],
    [[], { TERM: "dumb" }],
  ] as const) {
    const { stderr } = await runWithFakes(["build", ...args, "."], {
      engine,
      env: { ...env, NO_COLOR: "1" },
      terminal: "stderr",
    });
    t.equal(stderr, `#1 x\nbuilt ${imageId} (45.2MB)\n`, JSON.stringify([args, env]));
  }
});

t.test("quiet prints the image id on standard output and nothing else", async (t) => {
  const { engine } = fakeBuild(({ events }) => events({ kind: "step-started", step: 1, title: "x" }));
  for (const flag of ["-q", "--progress=quiet"])
    t.same(await runWithFakes(["build", flag, "."], { engine }), { code: 0, stdout: `${imageId}\n`, stderr: "" }, flag);
});

t.test("the id file holds the image id, and none of an earlier build", async (t) => {
  const folder = t.testdir({ iid: "old" });
  const iidfile = join(folder, "iid");
  await runWithFakes(["build", "--iidfile", iidfile, "."], { engine: fakeBuild().engine });
  t.equal(readFileSync(iidfile, "utf8"), imageId);
  const failing = fakeBuild(() => Promise.reject(new OciBuildError("x", "no")));
  await runWithFakes(["build", "--iidfile", iidfile, "."], { engine: failing.engine });
  t.notOk(existsSync(iidfile));
});

t.test("the metadata file has the keys of docker buildx, and is none of an earlier build", async (t) => {
  const file = join(t.testdir({ metadata: "old" }), "metadata");
  const build = ["build", "--metadata-file", file];
  await runWithFakes([...build, "-t", "a:1", "-t", "b:2", "."], { engine: fakeBuild().engine });
  t.same(JSON.parse(readFileSync(file, "utf8")), {
    "containerimage.config.digest": imageId,
    "containerimage.descriptor": {
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      digest: manifestDigest,
      size: 500,
    },
    "containerimage.digest": manifestDigest,
    "image.name": "docker.io/library/a:1,docker.io/library/b:2",
  });
  await runWithFakes([...build, "."], { engine: fakeBuild().engine });
  t.notOk(readFileSync(file, "utf8").includes("image.name"), "an image without a name");
  const failing = fakeBuild(() => Promise.reject(new OciBuildError("x", "no")));
  await runWithFakes([...build, "."], { engine: failing.engine });
  t.notOk(existsSync(file));
});

t.test("a failed build is told once and answers 1", async (t) => {
  const output = "compiling\n";
  const { engine } = fakeBuild(({ events }) => {
    events({ kind: "step-started", step: 1, title: "RUN make" });
    events({ kind: "step-output", step: 1, stream: "stdout", chunk: Buffer.from(output) });
    events({ kind: "step-finished", step: 1, outcome: { kind: "failed", message: "exit code 2" } });
    throw new OciBuildError("run-failed", "RUN ended with exit code 2", { output, hint: "look" });
  });
  const plain = await runWithFakes(["build", "."], { engine });
  t.equal(plain.code, 1);
  t.equal(
    plain.stderr.replace(/ \d+\.\d{3} /, " 0.000 "),
    "#1 RUN make\n#1 0.000 compiling\n#1 ERROR: exit code 2\n\nerror: RUN ended with exit code 2\nlast output:\n  compiling\n\nhint: look\n",
  );
  const quiet = await runWithFakes(["build", "-q", "."], { engine });
  t.same(quiet, {
    code: 1,
    stdout: "",
    stderr: "error: RUN ended with exit code 2\nlast output:\n  compiling\n\nhint: look\n",
  });
  const live = await runWithFakes(["build", "."], { engine, terminal: "stderr", env: { NO_COLOR: "1" } });
  t.match(live.stderr, "RUN make:\n   | compiling\n\u001b[?25herror: RUN ended with exit code 2\nhint: look\n");
});

t.test("a signal cancels the build, and the exit code tells which", async (t) => {
  for (const [name, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const) {
    const process = Object.assign(new EventEmitter(), { exit: () => t.fail("ended too early") });
    const { engine } = fakeBuild(({ signal }) => {
      process.emit(name, name);
      signal.throwIfAborted();
    });
    t.same(await runWithFakes(["build", "."], { engine, process }), {
      code,
      stdout: "",
      stderr: `cancelled by ${name}\n`,
    });
    t.same(process.eventNames(), [], "no handler is left");
  }
});

t.test("what cannot be done is refused before anything is built", async (t) => {
  const cases: Readonly<Record<string, RegExp>> = {
    build: /^error: build takes CONTEXT, but got nothing\nhint: see: oci-build build --help\n$/,
    "build a b": /build takes CONTEXT, but got "a" "b"/,
    "build --secret src=x .": /--secret src=…: it has no id/,
    "build --ssh =x .": /--ssh =x: it has no id/,
    "build --add-host x .": /--add-host x: "" is no host name/,
    "build --allow network.host .": /--allow is not supported: no step may leave its sandbox/,
    "build --device x .": /--device is not supported/,
    "build --platform=linux/arm64 .": /--platform is not supported yet/,
    "build --cache-from type=gha .": /--cache-from "type=gha": type=gha is not supported yet/,
    "build --cache-from type=registry,ref=a/b@sha256:0 .": /reference|digest/,
    "build --offline --cache-from a/b .": /--offline asks nobody/,
    "build --cache-to type=s3,bucket=x .": /--cache-to "type=s3,bucket=x": type=s3 is not supported yet/,
    "build --cache-to type=local,dest=x,mode=most .": /mode=most is neither min nor max/,
    "build --cache-to type=local,src=x .": /it has no dest=/,
    "build --destination x .": /--destination is called --tag/,
    "build --rm=false .": /--rm: "false" is not one of/,
    "build -o type=local,dest=x .": /type=local is not supported yet/,
    "build -o oci-archive:- -o docker-archive:- .": /only one output can go to standard output/,
    "build -q -o oci-archive:- .": /both want standard output/,
    "build --build-arg =x .": /--build-arg: "=x" has no name/,
  };
  for (const [line, message] of Object.entries(cases)) {
    const { code, stdout, stderr } = await runWithFakes(line.split(" "));
    t.match(stderr, message, line);
    t.equal(code, 2, line);
    t.equal(stdout, "", line);
  }
  const terminal = await runWithFakes(["build", "-o", "oci-archive:-", "."], { terminal: "stdout" });
  t.match(terminal, { code: 2, stderr: /not written to a terminal/ });
});
