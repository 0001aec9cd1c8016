import { randomBytes } from "node:crypto";
import { resolveImage } from "../execute/base-images.ts";
import { type Engine, openEngine } from "../execute/engine.ts";
import { networkFiles } from "../execute/network-files.ts";
import { lowersOf } from "../execute/rootfs.ts";
import { runWatched } from "../execute/watched-process.ts";
import { OciBuildError } from "../errors.ts";
import type { Network, Outcome } from "../helper/messages.ts";
import { type Names, ordinaryNames } from "../network/names.ts";
import type { ResolvedImage } from "../oci/image.ts";
import { hostPlatform } from "../oci/platform.ts";
import { commandLine, containerEnvironment } from "./command.ts";

export interface RunOptions {
  readonly image: string;
  /** Replaces the image's CMD when not empty. */
  readonly command: readonly string[];
  /** Replaces the image's ENTRYPOINT; an empty string clears it. */
  readonly entrypoint?: string | undefined;
  /** `NAME=value`, or `NAME` for the caller's own value. */
  readonly environment: readonly string[];
  readonly workdir?: string | undefined;
  readonly user?: string | undefined;
  readonly network: Network;
  readonly names?: Names | undefined;
  readonly interactive: boolean;
  readonly terminal: boolean;
  readonly root: string;
  readonly isolation: "auto" | "bwrap" | "chroot";
  /** Hosts, with their port if they have one, that may be asked over plain http; those of this machine may in any case. */
  readonly insecureRegistries?: readonly string[];
  /** Aborting it kills the container. */
  readonly signal: AbortSignal;
  /**
   * Called as soon as the process inside can take signals: from then on SIGINT, SIGTERM, SIGHUP and SIGQUIT are handed to
   * `deliver` and abort nothing (but the third in a row does). The function that comes back ends that; call it when the
   * process has ended.
   */
  readonly forwardSignals?: ((deliver: (name: NodeJS.Signals) => void) => () => void) | undefined;
}

/** Runs a command in a fresh container of an image. Answers the exit code as docker does: 125, 126, 127, 128+signal. */
export async function runImage(options: RunOptions): Promise<number> {
  const { root, insecureRegistries, signal } = options;
  const engine = await openEngine({ root, insecureRegistries, stdio: options.interactive ? "all" : "output", signal });
  try {
    const image = await resolveImage(engine, options.image, { platform: hostPlatform(), pull: "missing" });
    const lowers = await lowersOf(
      engine.supply,
      image.layers.map((layer) => layer.diffId),
    );
    signal.throwIfAborted();
    return await engine.roots.writing(lowers, async (target) =>
      exitCodeOf(await runProcess(engine, { root: target, image, options })),
    );
  } finally {
    await engine.close();
  }
}

interface Starting {
  readonly root: string;
  readonly image: ResolvedImage;
  readonly options: RunOptions;
}

async function runProcess({ store }: Engine, { root, image, options }: Starting): Promise<Outcome> {
  const config = image.config.config ?? {};
  const argv = commandLine(config, options);
  if (argv.length === 0)
    throw new OciBuildError("command-missing", `the image ${image.name} has neither ENTRYPOINT nor CMD`, {
      hint: "give a command after the image",
    });
  const cwd = options.workdir ?? (config.WorkingDir || "/");
  const user = options.user ?? config.User ?? "";
  // docker makes a missing working directory, owned by root.
  await store.session.call("makeDirectory", { root, path: cwd, user: "" });
  const warn = (message: string): void => void process.stderr.write(`warning: ${message}\n`);
  const hostname = randomBytes(6).toString("hex");
  const env = containerEnvironment(config, options.environment, process.env);
  const { network, names = ordinaryNames } = options;
  const files = await networkFiles(hostname, { network, names, warn });
  const { outcome } = await runWatched(
    store.session,
    {
      root,
      argv,
      env: options.terminal && !env.some((v) => v.startsWith("TERM=")) ? [...env, "TERM=xterm"] : env,
      cwd,
      user,
      isolation: options.isolation,
      network,
      hostname,
      files,
      mounts: [],
      stdio: options.terminal ? "terminal" : "inherit",
    },
    options,
  );
  return outcome;
}

function exitCodeOf(outcome: Outcome): number {
  switch (outcome.kind) {
    case "exited":
      return outcome.code;
    case "signalled":
      return 128 + outcome.signal;
    case "notStarted":
      throw new OciBuildError(outcome.code, outcome.message);
  }
}
