import t from "tap";
import type { ContainerConfig } from "../../src/oci/image.ts";
import { parseDockerfile } from "../../src/instructions/dockerfile.ts";
import type { PlanOptions } from "../../src/plan/options.ts";
import { imagesNeeded } from "../../src/plan/plan.ts";
import type { RunStep } from "../../src/plan/step.ts";
import { amd64, imagesWith, planText, standardOptions, stepsOf } from "./plan-text.ts";

/** The numbered cases of the inventory of builders' behaviour that a plan alone decides, each as BuildKit has it. */

const buildArgs = (...entries: [string, string][]): Partial<PlanOptions> => ({ buildArgs: new Map(entries) });
const historyOf = (text: string): readonly string[] => stepsOf(text).map(({ createdBy }) => createdBy);
const configOf = (text: string, base: ContainerConfig = {}): ContainerConfig =>
  planText(`FROM base\n${text}`, {}, imagesWith(base)).stages.at(-1)?.config ?? {};
const runsOf = (text: string, options: Partial<PlanOptions> = {}): readonly RunStep[] =>
  planText(text, options).stages.flatMap(({ steps }) => steps.filter((step) => step.kind === "run"));

t.test("WORKDIR expands, joins and cleans (trap 45)", (t) => {
  t.strictSame(historyOf("WORKDIR $UNSET/x\nWORKDIR a\nWORKDIR /b/\nWORKDIR ../c//d/./\nWORKDIR /\n"), [
    "WORKDIR /x",
    "WORKDIR /x/a",
    "WORKDIR /b",
    "WORKDIR /c/d",
    "WORKDIR /",
  ]);
  t.end();
});

t.test("an instruction uses the values from before it (trap 47)", (t) => {
  t.strictSame(configOf("ENV a=old\nENV a=1 b=$a\n").Env?.slice(1), ["a=1", "b=old"]);
  t.end();
});

t.test("of ENV and ARG the later declaration wins, and ENV beats an ARG before it (trap 48)", (t) => {
  const [first, second, third] = runsOf("FROM x\nARG v=arg\nRUN 1\nENV v=env\nRUN 2\nARG v=again\nRUN 3\n");
  t.match(first?.env, [/PATH/, "v=arg"]);
  t.match(second?.env, [/PATH/, "v=env"]);
  t.match(third?.env, [/PATH/, "v=again"]);
  t.match(configOf("ENV v=env\nARG v=arg\nLABEL l=$v\n"), { Env: [/PATH/, "v=env"], Labels: { l: "arg" } });
  t.match(configOf("ARG v=arg\nENV v=env\nLABEL l=$v\n"), { Labels: { l: "env" } });
  t.match(
    runsOf("FROM x\nENV v=env\nARG v\nRUN 1\n", buildArgs(["v", "given"])),
    [{ env: [/PATH/, "v=given"] }],
    "a build argument counts as the ARG's value",
  );
  t.end();
});

t.test("an ARG before FROM is empty in a stage unless the stage declares it (trap 49)", (t) => {
  const text =
    "ARG v=1\nFROM x:$v\nLABEL before=$v\nARG v\nLABEL after=$v\nFROM y\nLABEL other=$v\nARG v=2\nLABEL own=$v\n";
  const stages = planText(text.replace("FROM y", "FROM y\nCOPY --from=0 / /")).stages;
  t.match(stages[0]?.config.Labels, { before: "", after: "1" });
  t.match(stages[1]?.config.Labels, { other: "", own: "2" });
  t.end();
});

t.test("an empty build argument is a value, and not the default (trap 50)", (t) => {
  const text = "ARG g=global\nFROM x\nARG g\nARG v=default\nLABEL v=$v g=$g d=${v-unset}\n";
  t.match(planText(text, buildArgs(["v", ""], ["g", ""])).stages[0]?.config.Labels, { v: "", g: "", d: "" });
  t.match(planText(text).stages[0]?.config.Labels, { v: "default", g: "global" });
  t.end();
});

t.test("ENTRYPOINT resets an inherited CMD and keeps that of its own stage (trap 51)", (t) => {
  const base = { Cmd: ["inherited"], Entrypoint: ["old"] };
  t.match(configOf('ENTRYPOINT ["e"]\n', base), { Entrypoint: ["e"] });
  t.equal(configOf('ENTRYPOINT ["e"]\n', base).Cmd, undefined);
  t.match(configOf('CMD ["own"]\nENTRYPOINT ["e"]\n', base), { Entrypoint: ["e"], Cmd: ["own"] });
  const { stages } = planText('FROM a AS b\nCMD ["below"]\nFROM b\nENTRYPOINT ["e"]\n');
  t.equal(stages[1]?.config.Cmd, undefined, "a stage below counts as inherited");
  t.end();
});

t.test("CMD [] and ENTRYPOINT [] clear (trap 52)", (t) => {
  const { Cmd, Entrypoint } = configOf("CMD []\nENTRYPOINT []\n", { Cmd: ["c"], Entrypoint: ["e"] });
  t.strictSame([Cmd, Entrypoint], [undefined, undefined]);
  t.strictSame(historyOf("CMD []\nENTRYPOINT []\n"), ["CMD []", "ENTRYPOINT []"]);
  t.end();
});

t.test("SHELL counts for later instructions only, and is kept (trap 53)", (t) => {
  const text = 'RUN a\nCMD a\nSHELL ["/bin/bash", "-ec"]\nRUN b\nENTRYPOINT b\nHEALTHCHECK CMD b\n';
  t.strictSame(historyOf(text), [
    "RUN /bin/sh -c a # buildkit",
    'CMD ["/bin/sh" "-c" "a"]',
    "SHELL [/bin/bash -ec]",
    "RUN /bin/bash -ec b # buildkit",
    'ENTRYPOINT ["/bin/bash" "-ec" "b"]',
    "HEALTHCHECK {Test:[CMD-SHELL b] Interval:0s Timeout:0s StartPeriod:0s StartInterval:0s Retries:0}",
  ]);
  t.match(configOf(text), { Shell: ["/bin/bash", "-ec"] });
  t.match(configOf("CMD x\n", { Shell: ["/bin/ash", "-c"] }), { Cmd: ["/bin/ash", "-c", "x"] }, "inherited");
  t.end();
});

t.test("the exec form knows no variables, and bad JSON is the shell form (trap 54)", (t) => {
  t.match(runsOf('FROM x\nENV HOME=/h\nRUN ["echo", "$HOME"]\nRUN ["echo", \'x\']\nRUN ["a",]\n'), [
    { argv: ["echo", "$HOME"] },
    { argv: ["/bin/sh", "-c", "[\"echo\", 'x']"] },
    { argv: ["/bin/sh", "-c", '["a",]'] },
  ]);
  t.match(configOf('ENV a=1\nCMD ["$a"]\n'), { Cmd: ["$a"] });
  t.end();
});

t.test("VOLUME is metadata: it makes no layer (trap 55)", (t) => {
  t.match(stepsOf('VOLUME /data /a\nVOLUME ["/c d"]\n'), [
    { kind: "metadata", createdBy: "VOLUME [/data /a]" },
    { kind: "metadata", createdBy: "VOLUME [/c d]" },
  ]);
  t.end();
});

t.test("a base image without PATH gets the default one, in RUN and in the config (trap 59)", (t) => {
  const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  const { stages } = planText("FROM x\nRUN a\n", {}, imagesWith({ Env: ["A=1"] }));
  t.strictSame(stages[0]?.config.Env, ["A=1", path]);
  t.match(stages[0]?.steps, [{ env: ["A=1", path] }]);
  t.strictSame(planText("FROM x\n", {}, imagesWith({ Env: ["PATH=/x"] })).stages[0]?.config.Env, ["PATH=/x"]);
  t.end();
});

t.test("FROM scratch alone is a build without steps, with the default PATH and directory (trap 60)", (t) => {
  const { stages } = planText("FROM scratch\n");
  t.match(stages, [{ base: { kind: "scratch" }, steps: [], config: { Env: [/^PATH=/], WorkingDir: "/" } }]);
  t.end();
});

t.test("a stage hides the image of its name for the stages behind it, in any case (trap 61)", (t) => {
  const { stages } = planText("FROM debian AS debian\nFROM debian\nFROM DEBIAN\nCOPY --from=Debian / /\n");
  t.match(stages, [
    { base: { kind: "image", image: { name: "debian" } } },
    { base: { kind: "stage", stage: 0 }, steps: [{ parts: [{ from: { kind: "stage", stage: 0 } }] }] },
  ]);
  t.end();
});

t.test("stages that the target does not need are neither planned nor asked for (trap 62)", (t) => {
  const text = "FROM a AS one\nFROM b AS two\nFROM one AS three\nRUN x\nFROM c AS four\nRUN ${ :\n";
  const dockerfile = parseDockerfile("Dockerfile", text.replace("RUN ${ :", "RUN y"));
  const options = { ...standardOptions, target: "THREE" };
  t.strictSame(
    imagesNeeded(dockerfile, options, () => undefined).map(({ name }) => name),
    ["a"],
  );
  t.strictSame(
    planText(text, { target: "2" }).stages.map(({ name }) => name),
    ["one", "three"],
  );
  t.end();
});

t.test("platform arguments are seen in FROM, and in a stage where it declares them (trap 63)", (t) => {
  const options = {
    platform: { os: "linux", architecture: "arm", variant: "v7", osVersion: "1.2" },
    buildPlatform: { ...amd64, osVersion: "3.4" },
    target: "last",
  };
  const names = ["PLATFORM", "OS", "OSVERSION", "ARCH", "VARIANT"].flatMap((name) => [`TARGET${name}`, `BUILD${name}`]);
  const declared = names.map((name) => `ARG ${name}\n`).join("");
  const text = `FROM x:$TARGETARCH-$TARGETSTAGE AS last\nRUN before\n${declared}ARG TARGETSTAGE\nRUN after\n`;
  const [before, after] = runsOf(text, options);
  t.match(before?.env, [/^PATH=/]);
  t.equal(before?.env.length, 1);
  t.strictSame(after?.env.slice(1), [
    "TARGETPLATFORM=linux/arm/v7",
    "BUILDPLATFORM=linux/amd64",
    "TARGETOS=linux",
    "BUILDOS=linux",
    "TARGETOSVERSION=1.2",
    "BUILDOSVERSION=3.4",
    "TARGETARCH=arm",
    "BUILDARCH=amd64",
    "TARGETVARIANT=v7",
    "BUILDVARIANT=",
    "TARGETSTAGE=last",
  ]);
  t.match(planText(text, options).stages[0]?.base, { image: { name: "x:arm-last" } });
  t.match(runsOf("FROM x\nARG TARGETARCH\nRUN a\n", buildArgs(["TARGETARCH", "own"]))[0]?.env, [
    /PATH/,
    "TARGETARCH=own",
  ]);
  t.end();
});

t.test("proxies reach RUN alone: no ARG, no history, no image (trap 64)", (t) => {
  const options = buildArgs(["https_proxy", "p"], ["NO_PROXY", "n"]);
  const { stages } = planText("FROM x\nRUN a\nLABEL l=$https_proxy\n", options);
  t.match(stages[0]?.steps[0], {
    createdBy: "RUN /bin/sh -c a # buildkit",
    env: [/^PATH=/],
    unkeyedEnv: ["HTTPS_PROXY=p", "https_proxy=p", "NO_PROXY=n", "no_proxy=n"],
  });
  t.match(stages[0]?.config, { Env: [/^PATH=/], Labels: { l: "" } });
  const [declared] = runsOf("FROM x\nARG https_proxy\nRUN a\n", options);
  t.match(declared, { env: [/PATH/, "https_proxy=p"], createdBy: "RUN |1 https_proxy=p /bin/sh -c a # buildkit" });
  t.end();
});

t.test("what the base image sets is inherited, and COPY --from brings none of its config (trap 65)", (t) => {
  const base = { Env: ["PATH=/p", "A=1"], Labels: { l: "1" }, User: "u", Volumes: { "/v": {} }, StopSignal: "9" };
  t.match(configOf("LABEL m=2\n", base), { ...base, Labels: { l: "1", m: "2" } });
  const { stages } = planText("FROM scratch\nCOPY --from=other / /\n", {}, imagesWith(base));
  t.strictSame(Object.keys(stages[0]?.config ?? {}), ["Env", "WorkingDir"]);
  t.end();
});

t.test("EXPOSE expands ranges, lowers protocols and counts each port once (trap 68)", (t) => {
  const text = "ARG more='90 91/udp'\nEXPOSE 80-82/TCP 81 $more 127.0.0.1:8080:443\n";
  t.strictSame(Object.keys(configOf(text).ExposedPorts ?? {}), [
    "443/tcp",
    "80/tcp",
    "81/tcp",
    "82/tcp",
    "90/tcp",
    "91/udp",
  ]);
  t.equal(historyOf(text).at(-1), "EXPOSE [90/tcp 91/udp 443/tcp 80/tcp 81/tcp 82/tcp 81/tcp]");
  for (const wrong of ["+80", "80-79", "65536", "80/icmp", "x:80", "80-82:1-2"])
    t.throws(() => stepsOf(`EXPOSE "${wrong}"`), { code: "argument-invalid" }, wrong);
  t.end();
});

t.test("what docker adds to the config is kept, and so is what is not known here (trap 70)", (t) => {
  const base = {
    Healthcheck: { Test: ["CMD", "x"], Interval: 5 },
    Shell: ["/bin/ash", "-c"],
    ArgsEscaped: true,
    Unknown: { deep: [1] },
  };
  t.match(configOf("LABEL a=b\n", base), base);
  t.match(configOf("HEALTHCHECK NONE\n", base), { Healthcheck: { Test: ["NONE"] }, Unknown: { deep: [1] } });
  t.end();
});

t.test("a heredoc's body is part of the step (trap 103)", (t) => {
  const [one, other] = ["a", "b"].map((body) => runsOf(`FROM x\nRUN <<E\n${body}\nE\nRUN cat <<E\n${body}\nE\n`));
  t.strictSame(
    one?.map(({ argv }) => argv.at(-1)),
    ["a\n", "cat <<E\na\nE"],
  );
  t.notSame(one, other);
  t.end();
});
