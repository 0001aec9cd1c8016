import { type Definition, readDefinition } from "../context/definition.ts";
import { type NamedLocation, parseContextLocation, parseNamedLocation } from "../location/location.ts";
import { reservedArgs } from "../plan/reserved-args.ts";
import type { OnDemand } from "./on-demand.ts";

export interface Asked {
  /** The build context as the command line takes it. */
  readonly context: string;
  /** Each as `--build-context` takes it. */
  readonly buildContexts?: readonly string[] | undefined;
  readonly file?: string | undefined;
  readonly buildArgs: ReadonlyMap<string, string>;
}

export interface OpenedDefinition extends Definition {
  /** What goes before stages and images, by `contextName`. Nothing of it has been opened yet. */
  readonly contexts: ReadonlyMap<string, NamedLocation>;
}

/**
 * Opens the context that is asked for and reads its Dockerfile.
 * @throws OciBuildError `context-invalid`, and as `readDefinition`
 */
export async function openDefinition(
  { context, buildContexts = [], file, buildArgs }: Asked,
  onDemand: OnDemand,
  warn: (message: string) => void,
): Promise<OpenedDefinition> {
  const contexts = new Map(buildContexts.map(parseNamedLocation));
  const { keepGitDirectory } = reservedArgs(buildArgs);
  const definition = await readDefinition(
    { context: parseContextLocation(context), file, keepGitDir: keepGitDirectory },
    { fetching: () => onDemand.fetching(), stdin: process.stdin, warn },
  );
  return { ...definition, contexts };
}
