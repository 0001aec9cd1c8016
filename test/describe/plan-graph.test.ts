import t from "tap";
import { planGraph, type PlanGraph } from "../../src/describe/plan-graph.ts";
import { planDot, planText } from "../../src/describe/plan-text.ts";
import { parseDockerfile } from "../../src/instructions/dockerfile.ts";
import { makePlan } from "../../src/plan/plan.ts";

const text =
  'FROM scratch AS base\nRUN make \\\n all\nENV A="b"\nFROM base AS final\nCOPY . /\nCOPY --from=base /x /\n';

function graph(): PlanGraph {
  const platform = { os: "linux", architecture: "amd64" };
  const options = { buildArgs: new Map<string, string>(), platform, buildPlatform: platform };
  const plan = makePlan(parseDockerfile("Dockerfile", text), () => undefined, options);
  return planGraph(plan, ({ kind }) => (kind === "run" ? "hit" : kind === "copy" ? "miss" : "none"));
}

t.test("the graph has stages, steps, and what they read", (t) => {
  t.match(graph(), {
    platform: "linux/amd64",
    target: 1,
    stages: [
      {
        name: "base",
        base: { kind: "scratch" },
        steps: [
          { kind: "run", title: "RUN make  all", lines: { start: 2, end: 3 }, cache: "hit", reads: [] },
          { kind: "metadata", cache: "none" },
        ],
      },
      {
        name: "final",
        base: { kind: "stage", stage: 0 },
        steps: [{ reads: [{ kind: "context" }] }, { cache: "miss", reads: [{ kind: "stage", stage: 0 }] }],
      },
    ],
  });
  t.end();
});

t.test("as text, a step is a line", (t) => {
  t.equal(
    planText(graph()),
    `base
  FROM     scratch
  hit      RUN make  all  (line 2-3)
           ENV A="b"  (line 4)

final (target, linux/amd64)
  FROM     stage base
  miss     COPY . /  (line 6, reads the build context)
  miss     COPY --from=base /x /  (line 7, reads stage base)
`,
  );
  t.end();
});

t.test("as a graph for Graphviz, stages are clusters and reading is an edge", (t) => {
  const dot = planDot(graph());
  t.match(dot, /^digraph plan \{\n/);
  t.match(dot, /subgraph cluster_0 \{\n {4}label="base";/);
  t.match(dot, /s0_2 \[label="ENV A=\\"b\\"", fillcolor=white\];/);
  for (const edge of [
    "s0_0 -> s0_1;",
    "s0_2 -> s1_0;",
    "source0 -> s1_1 [style=dashed];",
    "s0_2 -> s1_2 [style=dashed];",
  ])
    t.ok(dot.includes(`  ${edge}\n`), edge);
  t.match(dot, /source0 \[label="the build context", shape=ellipse\];/);
  t.end();
});
