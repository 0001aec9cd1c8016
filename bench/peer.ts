/** A program that builds images, with a store of its own. */
export interface Peer {
  readonly name: string;
  /** As its own command says it. */
  version(): Promise<string>;
  /**
   * Goes on with a store that was never used. The old one stays until the end: ext4 looks for inodes to give out past
   * every one that was freed in the last minutes, which would make whoever comes after a mass deletion look slow.
   */
  empty(): Promise<void>;
  /** Fetches a base image into the store. */
  pull(base: string): Promise<void>;
  build(context: string, options: { readonly cache: boolean }): Promise<void>;
}
