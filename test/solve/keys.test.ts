import t from "tap";
import type { ContainerConfig, ResolvedImage } from "../../src/oci/image.ts";
import type { PlanOptions } from "../../src/plan/options.ts";
import { stepInputs } from "../../src/solve/keys.ts";
import { imagesWith, planText } from "../plan/plan-text.ts";

/** The inputs of the key of the last RUN of a Dockerfile; of the layers below it, none. */
function keyOfRun(text: string, options: Partial<PlanOptions> = {}, base: ContainerConfig = {}): string {
  const run = planText(text, options, imagesWith(base))
    .stages.at(-1)
    ?.steps.findLast((step) => step.kind === "run");
  if (run === undefined) throw new Error("no RUN");
  return stepInputs(run, { chain: [], epoch: 0 });
}

t.test("the key of a RUN is what it runs, as whom, where and with which variables (trap 97)", (t) => {
  const plain = keyOfRun("FROM x\nRUN a\n");
  const others = [
    "FROM x\nRUN b\n",
    'FROM x\nRUN ["a"]\n',
    'FROM x\nSHELL ["/bin/bash", "-c"]\nRUN a\n',
    "FROM x\nENV v=1\nRUN a\n",
    "FROM x\nARG w=1\nRUN a\n",
    "FROM x\nWORKDIR /w\nRUN a\n",
    "FROM x\nUSER u\nRUN a\n",
    "FROM x\nRUN --network=none a\n",
    "FROM x\nRUN <<E\na\nE\n",
  ].map((text) => keyOfRun(text));
  t.equal(new Set([plain, ...others]).size, others.length + 1);
  t.not(keyOfRun("FROM x\nRUN a\n", { buildArgs: new Map([["BUILDKIT_SANDBOX_HOSTNAME", "h"]]) }), plain);
  t.equal(keyOfRun("FROM x\nRUN a\n", { buildArgs: new Map([["HTTP_PROXY", "p"]]) }), plain, "proxies do not count");
  t.not(keyOfRun("FROM x\nARG HTTP_PROXY\nRUN a\n", { buildArgs: new Map([["HTTP_PROXY", "p"]]) }), plain);
  t.end();
});

t.test("a declared ARG counts from its line on, also when nothing uses it (trap 98)", (t) => {
  const withArg = (value: string): Partial<PlanOptions> => ({ buildArgs: new Map([["v", value]]) });
  t.not(keyOfRun("FROM x\nARG v\nRUN a\n", withArg("1")), keyOfRun("FROM x\nARG v\nRUN a\n", withArg("2")));
  t.equal(keyOfRun("FROM x\nRUN a\nARG v\n", withArg("1")), keyOfRun("FROM x\nRUN a\nARG v\n", withArg("2")));
  t.equal(keyOfRun("FROM x\nRUN a\n", withArg("1")), keyOfRun("FROM x\nRUN a\n"), "undeclared");
  t.equal(keyOfRun("ARG v\nFROM x\nRUN a\n", withArg("1")), keyOfRun("FROM x\nRUN a\n"), "declared for FROM only");
  t.end();
});

t.test("metadata in front of a RUN does not count, ENV does (trap 99)", (t) => {
  const plain = keyOfRun("FROM x\nRUN a\n");
  for (const line of [
    "LABEL a=b",
    "CMD x",
    'ENTRYPOINT ["x"]',
    "EXPOSE 80",
    "VOLUME /v",
    "STOPSIGNAL 9",
    "HEALTHCHECK CMD x",
    "MAINTAINER me",
    "ONBUILD RUN x",
  ])
    t.equal(keyOfRun(`FROM x\n${line}\nRUN a\n`), plain, line);
  t.not(keyOfRun("FROM x\nENV a=b\nRUN a\n"), plain);
  t.end();
});

t.test("what a moved tag brings counts: its layers and its variables (trap 101)", (t) => {
  const run = planText("FROM x\nRUN a\n").stages[0]?.steps[0];
  if (run?.kind !== "run") throw new Error("no RUN");
  const chain = (digit: string): ResolvedImage["layers"][number]["diffId"][] => [`sha256:${digit.repeat(64)}` as never];
  t.not(stepInputs(run, { chain: chain("1"), epoch: 0 }), stepInputs(run, { chain: chain("2"), epoch: 0 }));
  t.not(keyOfRun("FROM x\nRUN a\n", {}, { Env: ["A=1"] }), keyOfRun("FROM x\nRUN a\n", {}, { Env: ["A=2"] }));
  t.equal(keyOfRun("FROM x\nRUN a\n", {}, { Labels: { a: "1" } }), keyOfRun("FROM x\nRUN a\n"));
  t.end();
});

t.test("the body of a heredoc counts (trap 103)", (t) => {
  t.not(keyOfRun("FROM x\nRUN cat <<E\n1\nE\n"), keyOfRun("FROM x\nRUN cat <<E\n2\nE\n"));
  t.not(keyOfRun("FROM x\nRUN <<E\n1\nE\n"), keyOfRun("FROM x\nRUN <<E\n2\nE\n"));
  t.end();
});
