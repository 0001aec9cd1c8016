import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { readIgnore } from "./context/definition.ts";
import { openTree } from "./context/open.ts";
import { readStdinContext } from "./context/stdin.ts";
import { OnDemand } from "./execute/on-demand.ts";
import { parseContextLocation } from "./location/location.ts";
import { Steps } from "./progress/steps.ts";
import { readSecrets } from "./secrets/secrets.ts";
import type { SecretSource } from "./secrets/secret-source.ts";

export interface ListContextOptions {
  /** As `BuildOptions` take it. */
  readonly context: string;
  /** The Dockerfile, whose own ignore file counts. */
  readonly file?: string | undefined;
  /** Tell also what an ignore file drops. */
  readonly dropped: boolean;
  /** What opens private repositories and files. */
  readonly secrets?: readonly SecretSource[];
  /** Directory of the store. */
  readonly root: string;
  readonly signal: AbortSignal;
}

/** What COPY can see of a build context. */
export interface ContextListing {
  /** In the order of their paths. */
  readonly entries: readonly ContextEntry[];
  /** Of those that are not dropped. */
  readonly count: number;
  readonly bytes: number;
}

export interface ContextEntry {
  /** Relative to the context. */
  readonly path: string;
  readonly kind: "file" | "directory" | "link" | "other";
  /** Bytes; of a file only. */
  readonly size: number;
  /** The pattern that keeps it out. A directory that is kept out stands for all below it that is. */
  readonly droppedBy?: string | undefined;
}

/** Lists a build context as a build sees it. It need not hold a Dockerfile. @throws OciBuildError as opening a context does */
export async function listContext(options: ListContextOptions): Promise<ContextListing> {
  const steps = new Steps(() => undefined, options.signal);
  const secrets = await readSecrets(options.secrets ?? [], process.env, () => undefined);
  const { root, signal } = options;
  const onDemand = new OnDemand({ root, signal, stdio: "none", steps, secrets });
  try {
    const { directory, ignore } = await open(options, onDemand);
    const { store } = await onDemand.engine();
    const target = join(store.workspace, "listing");
    const { dropped } = options;
    const result = await store.session.call("list", { root: directory, ignore, dropped, target });
    const lines = (await readFile(target, "utf8")).split("\n").filter((line) => line !== "");
    const entries = lines.map((line) => JSON.parse(line) as ContextEntry);
    return { entries, count: result.entries, bytes: result.bytes };
  } finally {
    await onDemand.close();
  }
}

interface Opened {
  readonly directory: string;
  readonly ignore: readonly string[];
}

async function open({ context, file }: ListContextOptions, onDemand: OnDemand): Promise<Opened> {
  const location = parseContextLocation(context);
  const fetching = (): ReturnType<OnDemand["fetching"]> => onDemand.fetching();
  if (location.kind === "stdin")
    return { directory: (await readStdinContext(process.stdin, fetching)).directory, ignore: [] };
  const opened = await openTree(location, { what: "the build context", keepGitDir: false, fetching });
  const { directory, origin } = opened;
  if (origin.kind !== "local") return { directory, ignore: [] };
  const isPath = file !== "-" && !/^https?:\/\//.test(file ?? "");
  const dockerfile = file === undefined ? join(directory, "Dockerfile") : resolve(file);
  return { directory, ignore: await readIgnore(directory, isPath ? dockerfile : undefined) };
}
