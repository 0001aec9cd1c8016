import { Contexts } from "./context/contexts.ts";
import type { PullPolicy } from "./execute/pull-policy.ts";
import type { Engine } from "./execute/engine.ts";
import { resolveImages } from "./execute/base-images.ts";
import { OnDemand } from "./execute/on-demand.ts";
import { type Asked, openDefinition, type OpenedDefinition } from "./execute/open-definition.ts";
import { RemoteParts } from "./execute/remote-parts.ts";
import { type Sources, timeOf } from "./execute/sources.ts";
import type { SessionStdio } from "./helper/session.ts";
import { type Dockerfile, readDockerfile } from "./instructions/dockerfile.ts";
import { treesOf } from "./location/location.ts";
import { hostPlatform } from "./oci/platform.ts";
import { epochSource, settleArgs } from "./plan/epoch.ts";
import type { Pins } from "./lock/pins.ts";
import { foreignImages, foreignTrees } from "./foreign.ts";
import type { ImageLookup, PlanOptions } from "./plan/options.ts";
import { draftErrors, imagesNeeded, makePlan } from "./plan/plan.ts";
import type { Plan } from "./plan/step.ts";
import type { EventSink } from "./progress/event.ts";
import { span } from "./progress/span.ts";
import { Steps } from "./progress/steps.ts";
import { readSecrets } from "./secrets/secrets.ts";
import type { SecretSource } from "./secrets/secret-source.ts";
import { throwAll, together } from "./syntax/problem.ts";
import { SshAgents } from "./secrets/ssh-agents.ts";
import type { SshSource } from "./secrets/ssh-source.ts";

/** What is asked about one Dockerfile and its context. */
export interface PreparationOptions
  extends Asked, Omit<PlanOptions, "contexts" | "platform" | "buildPlatform" | "sourceTime"> {
  /** Directory of the store. */
  readonly root: string;
  readonly insecureRegistries?: readonly string[] | undefined;
  /** Ask nobody: what the store lacks is an error. */
  readonly offline?: boolean | undefined;
  /** What names stand for: given by a lock, or to be noted down. */
  readonly pins?: Pins | undefined;
  readonly secrets?: readonly SecretSource[] | undefined;
  readonly ssh?: readonly SshSource[] | undefined;
  /** Which of this process's standard streams reach what runs: none, but for a shell. */
  readonly stdio?: SessionStdio | undefined;
  /** Told of steps and warnings; nobody watches without it. */
  readonly events?: EventSink | undefined;
  readonly signal: AbortSignal;
}

/** A Dockerfile that is read, and the way to all that it may need. */
export interface Preparation {
  readonly definition: OpenedDefinition;
  readonly dockerfile: Dockerfile;
  readonly planning: PlanOptions;
  readonly sources: Sources;
  readonly steps: Steps;
  /** Opens the store and the session with the helper; most mistakes show before they are needed. */
  readonly openEngine: () => Promise<Engine>;
}

/**
 * Opens the context that is asked for, reads its Dockerfile, and closes what was opened when `use` has ended.
 * @throws OciBuildError as `openDefinition`, `readSecrets` and `parseDockerfile`, and what `use` throws
 */
export async function withPreparation<Result>(
  options: PreparationOptions,
  use: (preparation: Preparation) => Promise<Result>,
): Promise<Result> {
  const { events = () => undefined, signal } = options;
  const warn = (message: string): void => events({ kind: "warning", message });
  const steps = new Steps(events, signal);
  const secrets = await readSecrets(options.secrets ?? [], process.env, warn);
  const agents = new SshAgents(options.ssh ?? [], process.env);
  const onDemand = new OnDemand({ ...options, stdio: options.stdio ?? "none", steps, secrets });
  const fetching = (): ReturnType<OnDemand["fetching"]> => onDemand.fetching();
  try {
    const definition = await span("phase", "open the context", () => openDefinition(options, onDemand, warn));
    const platform = hostPlatform();
    const { context, contexts } = definition;
    const planning = { ...options, platform, buildPlatform: platform, contexts };
    const { source, errors, dockerfile } = readDockerfile(definition.file, definition.text);
    if (dockerfile === undefined || errors.length > 0) {
      const more = dockerfile === undefined ? [] : draftErrors(dockerfile, planning, { partial: true });
      throw together(source, [...errors, ...more]);
    }
    const trees = new Contexts({ main: context, named: treesOf(contexts), fetching });
    const sources = { contexts: trees, remote: new RemoteParts(fetching), secrets, agents };
    return await use({ definition, dockerfile, planning, sources, steps, openEngine: () => onDemand.engine() });
  } finally {
    await span("phase", "end the helper", () => onDemand.close());
    await agents.close();
  }
}

export interface Planned {
  readonly plan: Plan;
  /** What the plan was made with. */
  readonly planning: PlanOptions;
  readonly images: ImageLookup;
  readonly engine: Engine;
  /** Seconds since 1970: the time of the image, and the latest that its new files may have; undefined where times are kept as they are. */
  readonly epoch: number | undefined;
}

/**
 * Plans what is prepared, with the base images that it needs.
 * @throws OciBuildError as `makePlan`, and what fetching images gives reason for
 */
export async function planBuild(preparation: Preparation, { pull }: { readonly pull: PullPolicy }): Promise<Planned> {
  const { definition, dockerfile, sources, steps } = preparation;
  // What cannot be built fails before anything is fetched for it.
  throwAll(dockerfile.source, draftErrors(dockerfile, preparation.planning, { partial: false }));
  const timed = epochSource(dockerfile, preparation.planning);
  const sourceTime = timed === undefined ? undefined : await timeOf(timed, sources);
  const planning = { ...preparation.planning, sourceTime };
  const engine = await preparation.openEngine();
  const needed = (known: ImageLookup): ReturnType<typeof imagesNeeded> => {
    const needs = imagesNeeded(dockerfile, planning, known);
    engine.pins?.check(foreignImages(needs));
    return needs;
  };
  const images = await span("phase", "find base images", () =>
    resolveImages(engine, needed, { pull, steps, dockerfile: definition }),
  );
  const plan = makePlan(dockerfile, images, planning);
  engine.pins?.check(foreignTrees(plan, definition.contexts));
  const { origin } = definition.context;
  const usual = origin.kind === "git" ? origin.commitTime : 0;
  const epoch = settleArgs(dockerfile, planning).keepsTimes ? undefined : (plan.sourceDateEpoch ?? usual);
  return { plan, planning, images, engine, epoch };
}
