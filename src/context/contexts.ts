import type { TreeLocation } from "../location/location.ts";
import { readIgnore } from "./definition.ts";
import { type OpenFetching, openTree } from "./open.ts";
import type { ContextTree } from "./tree.ts";

export interface ContextsOptions {
  /** The build context. */
  readonly main: ContextTree;
  /** Those of `--build-context` that are no images. */
  readonly named: ReadonlyMap<string, TreeLocation>;
  readonly fetching: OpenFetching;
}

/** The trees that the steps of a build read beside stages and images. A named one is opened when it is first needed. */
export class Contexts {
  readonly #options: ContextsOptions;
  readonly #opened = new Map<string, Promise<ContextTree>>();

  constructor(options: ContextsOptions) {
    this.#options = options;
  }

  /** The tree of a named context, or of the build context. @throws as `openTree` */
  tree(name?: string): Promise<ContextTree> {
    if (name === undefined) return Promise.resolve(this.#options.main);
    const known = this.#opened.get(name);
    if (known !== undefined) return known;
    const opening = this.#open(name);
    this.#opened.set(name, opening);
    return opening;
  }

  async #open(name: string): Promise<ContextTree> {
    const { named, fetching } = this.#options;
    const location = named.get(name);
    if (location === undefined) throw new TypeError(`there is no build context ${name}`);
    const opened = await openTree(location, { what: `the build context ${name}`, keepGitDir: false, fetching });
    const ignore = opened.origin.kind === "local" ? await readIgnore(opened.directory, undefined) : [];
    return { ...opened, ignore, lasting: true };
  }
}
