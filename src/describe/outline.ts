import { lookUp } from "../checks/lookup.ts";
import { type FileSubject, type StageSubject, subjectOf } from "../checks/subject.ts";
import type { Visit } from "../checks/variables.ts";
import type { Dockerfile } from "../instructions/dockerfile.ts";
import type { PlanOptions } from "../plan/options.ts";
import { outlineStages } from "../plan/stages.ts";
import type { SourceRange } from "../syntax/source.ts";
import { docstringOf } from "./docstring.ts";
import { mountsOf } from "./mounts.ts";

/** What one target takes from outside. */
export interface Outline {
  readonly target: { readonly name: string | undefined; readonly description: string | undefined };
  readonly args: readonly OutlineArg[];
  readonly secrets: readonly OutlineMount[];
  readonly ssh: readonly OutlineMount[];
  readonly caches: readonly OutlineMount[];
}

export interface OutlineArg {
  readonly name: string;
  /** The one that it has without more build arguments. */
  readonly value: string | undefined;
  readonly description: string | undefined;
  readonly range: SourceRange;
}

export interface OutlineMount {
  readonly name: string;
  readonly required: boolean;
  readonly range: SourceRange;
}

/** What `--call=outline` shows of the target and the stages that it needs. @throws OciBuildError as planning does */
export function outlineOf(dockerfile: Dockerfile, options: PlanOptions): Outline {
  const graph = outlineStages(dockerfile, options);
  const file = subjectOf(dockerfile, options, { images: () => undefined, ignore: [] });
  const needed = new Set(graph.needed.map(({ source }) => source.index));
  const stages = file.stages.filter(({ source }) => needed.has(source.index));
  const from = dockerfile.stages[graph.target]?.from;
  const name = from?.name;
  const mounts = stages.flatMap(({ source }) => source.instructions.flatMap(({ node }) => mountsOf(node)));
  const ofType = (type: string): readonly OutlineMount[] => firstOfEach(mounts.filter((mount) => mount.type === type));
  return {
    target: { name, description: name === undefined ? undefined : docstringOf(name, from?.node.comments ?? []) },
    args: firstOfEach([...globalArgsOf(file, stages), ...stages.flatMap((stage) => stageArgs(stage, file))]),
    secrets: ofType("secret"),
    ssh: ofType("ssh"),
    caches: ofType("cache"),
  };
}

/** The global arguments that the stages' FROM uses, directly or through the default of another. */
function globalArgsOf({ dockerfile, globals }: FileSubject, stages: readonly StageSubject[]): readonly OutlineArg[] {
  const used = new Set<string>();
  const use = (word: string | undefined): void => {
    const found = word === undefined ? undefined : lookUp(word, globals, dockerfile.escape);
    for (const name of [...(found?.matched ?? []), ...(found?.missing ?? [])]) used.add(name);
  };
  for (const { source } of stages) [source.from.base, source.from.platform].forEach(use);
  const declarations = dockerfile.globalArgs.flatMap(({ declarations: list, node: { comments, range } }) =>
    list.map((declaration) => ({ ...declaration, comments, range })),
  );
  for (const { name, value } of declarations.toReversed()) if (used.has(name)) use(value);
  return declarations
    .filter(({ name }) => used.has(name))
    .map(({ name, comments, range }) => ({
      name,
      value: globals.get(name),
      description: docstringOf(name, comments),
      range,
    }));
}

function stageArgs({ visits }: StageSubject, file: FileSubject): readonly OutlineArg[] {
  return visits.flatMap((visit) => {
    const { instruction } = visit;
    if (instruction.kind !== "arg") return [];
    return instruction.declarations.map(({ name, value: word }) => ({
      name,
      value: file.options.buildArgs.get(name) ?? (word === undefined ? file.globals.get(name) : expanded(visit, word)),
      description: docstringOf(name, instruction.node.comments),
      range: instruction.node.range,
    }));
  });
}

function expanded({ words }: Visit, word: string): string | undefined {
  return words.find((visited) => visited.word === word)?.text;
}

function firstOfEach<Item extends { readonly name: string }>(items: readonly Item[]): readonly Item[] {
  const seen = new Set<string>();
  return items.filter(({ name }) => !seen.has(name) && seen.add(name));
}
