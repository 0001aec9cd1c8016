import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { HelperSession } from "../../src/helper/session.ts";

interface Document {
  readonly config?: { readonly digest: string };
  readonly layers?: readonly { readonly digest: string }[];
}

/** Looks for what may never be in a store, whatever happened to those who wrote to it. */
export class StoreCheck {
  readonly #session: HelperSession;
  /** What was found right, by its path and the time of its last change. */
  readonly #right = new Map<string, number>();
  /** The digests that layers have when they are packed; that of a layer that others packed is not its name. */
  readonly #packed = new Map<string, string>();

  constructor(session: HelperSession) {
    this.#session = session;
  }

  /** Takes the layers of a store that nothing happened to for what they should be. */
  async learn(store: string): Promise<void> {
    for (const layer of this.#named(store, "layers")) this.#packed.set(basename(layer), await this.#pack(layer));
  }

  /** One line for each fault: a blob or a layer that is not what its name says, or a name for something that is missing. */
  async faults(store: string): Promise<readonly string[]> {
    if (!existsSync(join(store, "index.json"))) return [];
    return [...this.#missing(store), ...this.#wrongBlobs(store), ...(await this.#wrongLayers(store))];
  }

  #missing(store: string): readonly string[] {
    const read = (digest: string): Document =>
      JSON.parse(readFileSync(join(store, "blobs", digest.replace(":", "/")), "utf8")) as Document;
    const { manifests } = JSON.parse(readFileSync(join(store, "index.json"), "utf8")) as {
      manifests: { digest: string }[];
    };
    const lacks = (digest: string): boolean => !existsSync(join(store, "blobs", digest.replace(":", "/")));
    return manifests.flatMap(({ digest }) => {
      if (lacks(digest)) return [`the index names ${digest}, which is missing`];
      const { config, layers = [] } = read(digest);
      const named = [config, ...layers].filter((descriptor) => descriptor !== undefined);
      return named.filter((descriptor) => lacks(descriptor.digest)).map((blob) => `${digest} lacks ${blob.digest}`);
    });
  }

  #wrongBlobs(store: string): readonly string[] {
    return this.#named(store, "blobs/sha256").filter((path) => {
      const digest = createHash("sha256").update(readFileSync(path)).digest("hex");
      return !this.#isRight(path, path.endsWith(`/${digest}`));
    });
  }

  async #wrongLayers(store: string): Promise<readonly string[]> {
    const wrong: string[] = [];
    for (const layer of this.#named(store, "layers")) {
      const isRight = (await this.#pack(layer)) === this.#packed.get(basename(layer));
      if (!this.#isRight(layer, isRight)) wrong.push(layer);
    }
    return wrong;
  }

  async #pack(layer: string): Promise<string> {
    const target = `${dirname(dirname(layer))}.packed`;
    const { diffId } = await this.#session.call("pack", { layer, compression: "none", target });
    rmSync(target);
    return diffId;
  }

  /** What has a digest's name there, and was not found right before. */
  #named(store: string, directory: string): readonly string[] {
    const names = readdirSync(join(store, directory)).filter((name) => /^[0-9a-f]{64}$/.test(name));
    const paths = names.map((name) => join(store, directory, name));
    return paths.filter((path) => this.#right.get(path) !== statSync(path).ctimeMs);
  }

  #isRight(path: string, is: boolean): boolean {
    if (is) this.#right.set(path, statSync(path).ctimeMs);
    return is;
  }
}
