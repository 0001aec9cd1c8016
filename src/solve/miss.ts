import type { Json } from "../oci/canonical-json.ts";
import type { CacheKey } from "../oci/digest.ts";

/** A step of an earlier build, as far as it is remembered. */
export interface EarlierStep {
  readonly title: string;
  readonly key: CacheKey;
  /** The inputs of its key; undefined when its record is gone. */
  readonly inputs: Inputs | undefined;
}

/** The inputs of a cache key, read back from canonical JSON. */
export type Inputs = Readonly<Record<string, Json | undefined>>;

export interface MissedStep {
  readonly title: string;
  readonly key: CacheKey;
  readonly inputs: Inputs;
}

/** Where a layer of this build comes from. */
export type LayerOrigin =
  /** `NAME@DIGEST` */
  | { readonly kind: "image"; readonly image: string }
  /** As progress shows it: `[2/4] COPY . /` */
  | { readonly kind: "step"; readonly title: string };

/** What can be said about an input beside that it differs. */
export interface Surroundings {
  readonly originOf: (diffId: string) => LayerOrigin | undefined;
  /** `NAME@DIGEST` of the image that the stage stood on then. */
  readonly baseBefore: string | undefined;
  /** What differs between the files that a part of a COPY selects now and did then; undefined when that is not known. */
  readonly filesOf: (part: number) => string | undefined;
}

/**
 * Why a step had to run, in one clause: the first of its inputs that differs from an earlier step's, in the order in
 * which they come about: the instruction, its variables, the file system below, the content that it reads.
 */
export function whyMissed(step: MissedStep, before: EarlierStep | undefined, about: Surroundings): string {
  if (before === undefined) return "never built here";
  if (before.key === step.key) return "what it made is no longer in the store";
  if (before.inputs === undefined) return "the record of what it made before is gone";
  const { inputs } = before;
  const reasons = differing(step.inputs, inputs).map((name) => reasonOf(name, { step, before, inputs }, about));
  const [first = "its cache key is made in another way"] = reasons;
  return reasons.length > 1 ? `${first} (and ${reasons.length - 1} more)` : first;
}

/** In the order in which they are told. Names that are not here are parts of the instruction. */
const order = ["env", "epoch", "chain", "owner", "contents", "mounts"];

function differing(now: Inputs, then: Inputs): readonly string[] {
  const names = [...new Set([...Object.keys(now), ...Object.keys(then)])];
  return names
    .filter((name) => !same(now[name], then[name]))
    .toSorted((a, b) => order.indexOf(a) - order.indexOf(b) || (a < b ? -1 : 1));
}

interface Compared {
  readonly step: MissedStep;
  readonly before: EarlierStep;
  readonly inputs: Inputs;
}

function reasonOf(name: string, { step, before, inputs }: Compared, about: Surroundings): string {
  const [now, then] = [step.inputs[name], inputs[name]];
  switch (name) {
    case "env":
      return variables(texts(now), texts(then));
    case "epoch":
      return `the epoch is ${shown(now)}, was ${shown(then)}`;
    case "chain":
      return below(texts(now), texts(then), about);
    case "contents":
      return contents(texts(now), texts(then), about);
    case "mounts":
      return mounts(list(now), list(then));
    case "generation":
      return "another version of oci-build made it";
    default:
      return step.title === before.title
        ? `its ${words[name] ?? name} is ${shown(now)}, was ${shown(then)}`
        : `the instruction was ${before.title}`;
  }
}

const words: Readonly<Record<string, string>> = {
  argv: "command",
  cwd: "directory",
  extraHosts: "list of extra hosts",
};

/** Names alone: the value of an argument may be a password. */
function variables(now: readonly string[], then: readonly string[]): string {
  const nameOf = (entry: string): string => entry.slice(0, entry.indexOf("="));
  const names = [...new Set([...now, ...then].map(nameOf))];
  const valueIn = (entries: readonly string[], name: string): string | undefined =>
    entries.find((entry) => nameOf(entry) === name);
  const changed = names.filter((name) => valueIn(now, name) !== valueIn(then, name));
  const [first] = changed;
  if (first === undefined) return "its variables stand in another order";
  const what =
    valueIn(then, first) === undefined ? "is new" : valueIn(now, first) === undefined ? "is gone" : "has another value";
  return `the variable ${first} ${what}${changed.length > 1 ? `, and ${changed.slice(1).join(", ")}` : ""}`;
}

function below(now: readonly string[], then: readonly string[], about: Surroundings): string {
  const index = now.findIndex((diffId, at) => diffId !== then[at]);
  const layer = now[index];
  if (layer === undefined) return "a step before it is gone";
  const origin = about.originOf(layer);
  switch (origin?.kind) {
    case undefined:
      return `the layer ${layer} below it is another`;
    case "step":
      return `${origin.title} made another layer`;
    case "image": {
      const before = about.baseBefore;
      return `the base image is ${origin.image}${before === undefined || before === origin.image ? "" : `, was ${before}`}`;
    }
  }
}

function contents(now: readonly string[], then: readonly string[], { filesOf }: Surroundings): string {
  const part = now.findIndex((digest, at) => digest !== then[at]);
  return filesOf(part) ?? `what it reads is ${now[part] ?? "nothing"}, was ${then[part] ?? "nothing"}`;
}

function mounts(now: readonly Json[], then: readonly Json[]): string {
  const at = now.findIndex((mount, index) => !same(mount, then[index]));
  const [mount, before] = [object(now[at]), object(then[at])];
  const onlyContent = same({ ...mount, content: null }, { ...before, content: null });
  return `${onlyContent ? "what the" : "the"} mount at ${shown(mount["target"] ?? before["target"])} ${onlyContent ? "shows is another" : "is another"}`;
}

function same(a: Json | undefined, b: Json | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

function texts(value: Json | undefined): readonly string[] {
  return list(value).filter((one) => typeof one === "string");
}

function object(value: Json | undefined): Readonly<Record<string, Json | undefined>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, Json | undefined>>)
    : {};
}

function shown(value: Json | undefined): string {
  if (value === undefined || value === null) return "none";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
