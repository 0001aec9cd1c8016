import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { planDot, planText } from "../../describe/plan-text.ts";
import { planGraph } from "../../describe/plan-graph.ts";
import { parseContextLocation } from "../../location/location.ts";
import { parseSecret } from "../../secrets/secret-source.ts";
import { askedArguments } from "../build-arguments.ts";
import { defineCommand, type Command } from "../command.ts";
import { fetchSecretFlag } from "../fetch-secret-flag.ts";
import { interruptible } from "../interruptible.ts";
import { insecureRegistryFlag, rootFlag, storeRoot } from "../store-root.ts";

export const debugPlanCommand: Command = defineCommand({
  name: "debug plan",
  summary: "Show the steps of a build, and what the cache has of them",
  description: [
    "Plans the build of the Dockerfile FILE (- for standard input, or a URL) with CONTEXT, which is what build takes (default: the directory of FILE), and runs nothing. A context alone, a directory or a git repository, brings its own Dockerfile. A step is a hit, a miss, or unknown, when a step that it stands on or copies from would have to run first.",
  ],
  positionals: { usage: "FILE [CONTEXT]", min: 1, max: 2 },
  flags: {
    format: {
      type: "choice",
      choices: ["text", "json", "dot"],
      default: "text",
      help: "Text, JSON, or a graph for Graphviz.",
    },
    "build-context": { type: "list", value: "NAME=LOCATION", help: "As for build. Repeatable." },
    "build-arg": { type: "list", value: "NAME[=VALUE]", help: "As for build. Repeatable." },
    target: { type: "string", value: "STAGE", help: "The stage to plan (default: the last one)." },
    pull: { type: "bool", help: "Ask the registry even for a base image that the store knows." },
    secret: fetchSecretFlag,
    root: rootFlag,
    "insecure-registry": insecureRegistryFlag,
  },
  examples: [
    { text: "What the next build would run", command: "oci-build debug plan Dockerfile" },
    {
      text: "The same of a branch of a repository, with another image as its base",
      command:
        "oci-build debug plan --build-context alpine=docker-image://alpine:3.20 https://example.com/app.git#main",
    },
    { text: "The same as a picture", command: "oci-build debug plan --format dot Dockerfile | dot -Tsvg > plan.svg" },
  ],
  exitCodes: [
    ["0", "printed"],
    ["1", "it cannot be planned"],
    ["2", "the command line is wrong"],
  ],

  run: ({ flags, positionals: [first = "", second] }, context) =>
    interruptible(context, async ({ signal }) => {
      const { plan, forecastOf } = await context.engine.dryRun({
        ...(await placeOf(first, second)),
        buildContexts: flags["build-context"],
        secrets: flags.secret.map((text) => parseSecret(text, context.env)),
        buildArgs: askedArguments(flags, context.env),
        target: flags.target,
        pull: flags.pull ? "always" : "missing",
        root: storeRoot(flags.root, context.env),
        insecureRegistries: flags["insecure-registry"],
        signal,
      });
      const graph = planGraph(plan, (step) => (step.kind === "metadata" ? "none" : forecastOf(step)));
      const texts = {
        text: () => planText(graph),
        json: () => `${JSON.stringify(graph, null, 2)}\n`,
        dot: () => planDot(graph),
      };
      context.stdout.write(texts[flags.format]());
      return 0;
    }),
});

interface Place {
  readonly file: string | undefined;
  readonly context: string;
}

/** What the words of the command line mean: a Dockerfile with its context, or a context that brings its own. */
async function placeOf(first: string, second: string | undefined): Promise<Place> {
  if (second !== undefined) return { file: first, context: second };
  if (first === "-") return { file: first, context: "." };
  switch (parseContextLocation(first).kind) {
    case "git":
      return { file: undefined, context: first };
    case "http":
      return { file: first, context: "." };
    default: {
      const isDirectory = await stat(first).then(
        (found) => found.isDirectory(),
        () => false,
      );
      return isDirectory ? { file: undefined, context: first } : { file: first, context: dirname(first) };
    }
  }
}
