import { type CacheKey, type DiffId, parseDiffId } from "../../src/oci/digest.ts";
import { digestOf } from "../../src/oci/hash.ts";
import type { BindMount } from "../../src/plan/mount.ts";
import type { CopyPart, CopyStep, FileSource, Plan, RunStep, Stage, Step } from "../../src/plan/step.ts";
import type { BuildEvent } from "../../src/progress/event.ts";
import { Steps } from "../../src/progress/steps.ts";
import type { CachePolicy } from "../../src/plan/cache-policy.ts";
import type { Executor, StepPlace, StepWork } from "../../src/solve/executor.ts";
import type { LayerOrigin, MissedStep } from "../../src/solve/miss.ts";
import { solve } from "../../src/solve/solve.ts";

const lines = { start: 1, end: 1 };
export const run = (command: string, more: Partial<RunStep> = {}): RunStep => ({
  kind: "run",
  title: `RUN ${command}`,
  lines,
  createdBy: "",
  argv: ["/bin/sh", "-c", command],
  env: [],
  unkeyedEnv: [],
  cwd: "/",
  user: "",
  network: "default",
  mounts: [],
  ...more,
});
export const files = (from: FileSource): CopyPart => ({
  kind: "paths",
  from,
  patterns: ["."],
  parents: false,
  unpack: false,
});
export const copy = (more: Partial<CopyStep> = {}): CopyStep => ({
  kind: "copy",
  title: "COPY . /",
  lines,
  createdBy: "",
  parts: [files({ kind: "context" })],
  destination: "/",
  exclude: [],
  link: false,
  ...more,
});
export const label: Step = { kind: "metadata", title: "LABEL a=b", lines, createdBy: "LABEL a=b" };

export function planOf(...stages: (readonly Step[])[]): Plan {
  return {
    stages: stages.map((steps, index): Stage => ({
      index,
      name: `stage-${index}`,
      base: { kind: "scratch" },
      steps,
      config: {},
    })),
    target: stages.length - 1,
    platform: { os: "linux", architecture: "amd64" },
    warnings: [],
  };
}

export const layer = (text: string): DiffId => parseDiffId(digestOf(text));

/** A machine that remembers between builds, and says what it had to do. */
export class FakeExecutor implements Executor {
  readonly results: Map<CacheKey, DiffId> = new Map();
  content: string = "content 1";
  done: string[] = [];
  /** The file systems that steps were carried out on. */
  chains: (readonly DiffId[])[] = [];
  owners: (owner: string, accounts: readonly DiffId[]) => string = (owner) => owner;
  ready: DiffId[] = [];
  missed: MissedStep[] = [];
  ended: string[] = [];
  /** What a command leaves behind; by default something that only it leaves. */
  effect: (step: Step) => string = (step) => step.title;

  holds(): Promise<boolean> {
    return Promise.resolve(true);
  }
  lookUp(key: CacheKey): Promise<DiffId | undefined> {
    return Promise.resolve(this.results.get(key));
  }
  remember(key: CacheKey, _inputs: string, diffId: DiffId): Promise<void> {
    this.results.set(key, diffId);
    return Promise.resolve();
  }
  contentOf(part: CopyPart, _step: CopyStep, work: StepWork): Promise<string> {
    const source = part.kind === "paths" ? work.filesOf(part.from) : undefined;
    return Promise.resolve(source === undefined ? this.content : `of ${source.join()}`);
  }
  mountedContentOf(mount: BindMount, _step: RunStep, work: StepWork): Promise<string> {
    const source = work.filesOf(mount.from);
    return Promise.resolve(source === undefined ? this.content : `of ${source.join()}`);
  }
  ownerOf(owner: string, accounts: readonly DiffId[]): Promise<string> {
    return Promise.resolve(this.owners(owner, accounts));
  }
  execute(step: Step, work: StepWork): Promise<DiffId> {
    this.chains.push(work.chain);
    this.done.push(step.title);
    return Promise.resolve(layer(this.effect(step)));
  }
  explain(missed: MissedStep, _work: StepWork, originOf: (diffId: string) => LayerOrigin | undefined): Promise<string> {
    this.missed.push(missed);
    const origins = this.chains.at(-1)?.map((diffId) => originOf(diffId)) ?? [];
    return Promise.resolve(`${missed.title} after ${origins.length}`);
  }
  settled({ title }: { readonly title: string }, { stage, number }: StepPlace): void {
    this.ended.push(`${stage} ${number} ${title}`);
  }
  layerReady(diffId: DiffId): void {
    this.ready.push(diffId);
  }
}

interface BuildSettings {
  readonly noCache?: boolean;
  readonly epoch?: number;
  readonly jobs?: number;
  /** Where the events go, also those of a build that fails. */
  readonly events?: BuildEvent[];
}

export async function buildWith(
  executor: FakeExecutor,
  plan: Plan,
  { noCache = false, epoch = 0, jobs = 1, events = [] }: BuildSettings = {},
): Promise<readonly BuildEvent[]> {
  executor.done = [];
  executor.chains = [];
  const ending = new AbortController();
  const steps = new Steps((event) => events.push(event), ending.signal);
  const dockerfile = { file: "Dockerfile", text: "" };
  const cache: CachePolicy = noCache ? { kind: "ignore" } : { kind: "use" };
  const cancel = (reason: unknown): void => ending.abort(reason);
  await solve(plan, executor, { dockerfile, cache, epoch, jobs, steps, cancel });
  return events;
}
