export interface RunOptions {
  readonly image: string;
  /** Replaces the image's CMD when not empty. */
  readonly command: readonly string[];
  /** Replaces the image's ENTRYPOINT; an empty string clears it. */
  readonly entrypoint?: string | undefined;
  readonly environment: readonly string[];
  readonly workdir?: string | undefined;
  readonly user?: string | undefined;
  readonly network: "host" | "none";
  readonly interactive: boolean;
  readonly terminal: boolean;
  readonly root: string;
  readonly isolation: "auto" | "bwrap" | "chroot";
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
export function runImage(_options: RunOptions): Promise<number> {
  return Promise.reject(new TypeError("not built yet"));
}
