/** A program that builds images, with a store of its own. */
export interface Peer {
  readonly name: string;
  /** As its own command says it. */
  version(): Promise<string>;
  /** Makes the store as if the program had never been used. */
  empty(): Promise<void>;
  /** Fetches a base image into the store. */
  pull(base: string): Promise<void>;
  build(context: string, options: { readonly cache: boolean }): Promise<void>;
}
