import type { Contexts } from "../context/contexts.ts";
import { timeOfTree } from "../context/origin.ts";
import type { EpochSource } from "../plan/epoch.ts";
import type { Secrets } from "../secrets/secrets.ts";
import type { SshAgents } from "../secrets/ssh-agents.ts";
import type { RemoteParts } from "./remote-parts.ts";

/** What the steps of a build take from outside, beside images. Each is opened when a step first needs it. */
export interface Sources {
  /** The build context and the named ones. */
  readonly contexts: Contexts;
  /** What ADD fetches. */
  readonly remote: RemoteParts;
  readonly secrets: Secrets;
  readonly agents: SshAgents;
}

/** Seconds since 1970 that a source of the epoch tells; undefined where it has no time, as a directory. */
export async function timeOf(source: EpochSource, { contexts, remote }: Sources): Promise<number | undefined> {
  if (source.kind === "context") return timeOfTree(await contexts.tree(source.name));
  return remote.timeOf(source);
}
