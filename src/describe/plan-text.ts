import type { GraphSource, GraphStage, GraphStep, PlanGraph } from "./plan-graph.ts";

/** A plan for reading: a stage after the other, a step a line, with what the cache says of it. */
export function planText(graph: PlanGraph): string {
  return graph.stages.map((stage) => stageText(stage, graph)).join("\n");
}

function stageText(stage: GraphStage, graph: PlanGraph): string {
  const mark = stage.index === graph.target ? ` (target, ${graph.platform})` : "";
  const names = new Map(graph.stages.map(({ index, name }) => [index, name]));
  const steps = stage.steps.map((step) => stepText(step, names));
  return `${stage.name}${mark}\n${[`  FROM     ${sourceText(stage.base, names)}`, ...steps].join("\n")}\n`;
}

function stepText({ cache, title, lines, reads }: GraphStep, names: ReadonlyMap<number, string>): string {
  const place = lines.start === lines.end ? `${lines.start}` : `${lines.start}-${lines.end}`;
  const sources = reads.map((source) => sourceText(source, names)).join(", ");
  const from = sources === "" ? "" : `, reads ${sources}`;
  return `  ${(cache === "none" ? "" : cache).padEnd(8)} ${title}  (line ${place}${from})`;
}

function sourceText(source: GraphSource, names: ReadonlyMap<number, string>): string {
  switch (source.kind) {
    case "scratch":
      return "scratch";
    case "context":
      return source.name === undefined ? "the build context" : `the build context ${source.name}`;
    case "stage":
      return `stage ${names.get(source.stage) ?? source.stage}`;
    case "image":
      return `${source.name}@${source.digest}`;
    case "url":
    case "git":
      return source.url;
  }
}

const colors: Readonly<Record<GraphStep["cache"], string>> = {
  hit: "palegreen",
  miss: "lightsalmon",
  unknown: "khaki",
  none: "white",
};

/** A plan in Graphviz's language: a cluster for each stage, its steps in a row, and an edge from whatever is read. */
export function planDot({ stages }: PlanGraph): string {
  const outside = new Map<string, string>();
  const nodeOf = (source: GraphSource): string | undefined => {
    if (source.kind === "scratch") return undefined;
    if (source.kind === "stage") return lastNode(stages.find(({ index }) => index === source.stage));
    const label = sourceText(source, new Map());
    const known = outside.get(label) ?? `source${outside.size}`;
    outside.set(label, known);
    return known;
  };
  const clusters = stages.flatMap(clusterLines);
  const edges = stages.flatMap((stage) => stageEdges(stage, nodeOf));
  const sources = [...outside].map(([label, name]) => `  ${name} [label=${quoted(label)}, shape=ellipse];`);
  return `${["digraph plan {", "  node [shape=box, style=filled, fillcolor=white];", ...clusters, ...sources, ...edges, "}"].join("\n")}\n`;
}

function clusterLines({ index, name, steps }: GraphStage): readonly string[] {
  const nodes = steps.map(
    ({ title, cache }, at) => `    s${index}_${at + 1} [label=${quoted(title)}, fillcolor=${colors[cache]}];`,
  );
  return [
    `  subgraph cluster_${index} {`,
    `    label=${quoted(name)};`,
    `    s${index}_0 [label="FROM"];`,
    ...nodes,
    "  }",
  ];
}

function stageEdges(
  { index, base, steps }: GraphStage,
  nodeOf: (source: GraphSource) => string | undefined,
): readonly string[] {
  const below = nodeOf(base);
  const edges = below === undefined ? [] : [`  ${below} -> s${index}_0;`];
  for (const [at, { reads }] of steps.entries()) {
    edges.push(`  s${index}_${at} -> s${index}_${at + 1};`);
    for (const source of reads) {
      const from = nodeOf(source);
      if (from !== undefined) edges.push(`  ${from} -> s${index}_${at + 1} [style=dashed];`);
    }
  }
  return edges;
}

function lastNode(stage: GraphStage | undefined): string | undefined {
  return stage === undefined ? undefined : `s${stage.index}_${stage.steps.length}`;
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n")}"`;
}
