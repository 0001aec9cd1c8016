import { chmod, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf, OciBuildError } from "../errors.ts";
import type { SshSource } from "./ssh-source.ts";

/** An agent of our own, for keys. */
interface OwnAgent {
  readonly directory: string;
  readonly end: () => Promise<unknown>;
}

/** Waits for the end of its input, which is the end of whoever holds the other side, and takes the agent with it. */
const watcher = 'cat; kill "$SSH_AGENT_PID"';

/** The SSH agents that the ssh mounts of a build may use: the user's own, or one for key files. */
export class SshAgents {
  readonly #sources: ReadonlyMap<string, SshSource>;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #sockets = new Map<string, Promise<string>>();
  readonly #own: OwnAgent[] = [];

  constructor(sources: readonly SshSource[], environment: NodeJS.ProcessEnv) {
    this.#sources = new Map(sources.map((source) => [source.id, source]));
    this.#environment = environment;
  }

  /**
   * Path of the agent's socket for an id, undefined when `--ssh` did not name it. An agent for keys is started when it is
   * first asked for.
   * @throws OciBuildError `ssh-unavailable`
   */
  socketOf(id: string): Promise<string> | undefined {
    const source = this.#sources.get(id);
    if (source === undefined) return undefined;
    const known = this.#sockets.get(id) ?? this.#open(source);
    this.#sockets.set(id, known);
    return known;
  }

  /** Ends the agents that were started; their keys are gone with them. */
  async close(): Promise<void> {
    await Promise.all(
      this.#own.splice(0).map(async ({ end, directory }) => {
        await end();
        await rm(directory, { recursive: true, force: true });
      }),
    );
  }

  async #open({ id, paths }: SshSource): Promise<string> {
    if (paths.length === 0) {
      const socket = this.#environment["SSH_AUTH_SOCK"] ?? "";
      if (socket === "") throw unavailable(id, "SSH_AUTH_SOCK is not set", 'start one: eval "$(ssh-agent)" && ssh-add');
      return socket;
    }
    const [first = ""] = paths;
    const sockets = await Promise.all(paths.map((path) => isSocket(id, path)));
    if (!sockets.includes(true)) return this.#startWith(id, paths);
    if (paths.length > 1) throw unavailable(id, "a socket stands alone, without keys or other sockets");
    return first;
  }

  /** Starts an agent that does not outlive this process, however it ends, and gives it keys. */
  async #startWith(id: string, keys: readonly string[]): Promise<string> {
    const { execa } = await import("execa");
    const directory = await mkdtemp(join(tmpdir(), "oci-build-ssh-"));
    await chmod(directory, 0o700);
    const socket = join(directory, "agent");
    const running = execa("ssh-agent", ["-a", socket, "sh", "-c", watcher], {
      stdin: "pipe",
      stdout: "ignore",
      stderr: "ignore",
      reject: false,
    });
    const end = async (): Promise<void> => {
      running.stdin.end();
      await running;
    };
    this.#own.push({ directory, end });
    await waitFor(socket, running).catch((error: unknown) => {
      throw unavailable(id, `cannot start ssh-agent: ${messageOf(error)}`, "install openssh-client");
    });
    for (const key of keys) {
      const input = await readFile(key).catch((error: unknown) => {
        throw unavailable(id, `cannot read the key ${key}: ${messageOf(error)}`);
      });
      // From standard input: then the mode of the file does not matter. No passphrase is asked for.
      const { failed } = await execa("ssh-add", ["-q", "-"], {
        input,
        env: { SSH_AUTH_SOCK: socket, SSH_ASKPASS: "/bin/false", SSH_ASKPASS_REQUIRE: "force" },
        reject: false,
      });
      if (failed)
        throw unavailable(
          id,
          `${key} is no private key that can be used without a passphrase`,
          "add it to your own agent by ssh-add, and pass that: --ssh default",
        );
    }
    return socket;
  }
}

async function isSocket(id: string, path: string): Promise<boolean> {
  try {
    return (await stat(path)).isSocket();
  } catch (error) {
    throw unavailable(id, `there is no ${path}: ${messageOf(error)}`);
  }
}

/** Waits until the socket is there, or the program has ended without making it. */
async function waitFor(socket: string, process: Promise<unknown>): Promise<void> {
  let ended = false;
  void process.then(() => (ended = true));
  for (;;) {
    const found = await stat(socket).catch(() => undefined);
    if (found?.isSocket() === true) return;
    if (ended) throw new Error("it ended at once");
    await sleep(5);
  }
}

function unavailable(id: string, reason: string, hint?: string): OciBuildError {
  return new OciBuildError("ssh-unavailable", `--ssh ${id}: ${reason}`, { hint });
}
