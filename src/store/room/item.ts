/** Why something is in a store. */
export type Need =
  /** An image with a name consists of it: it stays. */
  | "tag"
  /** A later build may be spared work by it. */
  | "cache"
  /** No build can use it any more. */
  | "nothing";

export type ItemKind = "image" | "layer" | "blob" | "tree" | "download" | "cache mount" | "record" | "leftover";

/** Something in a store that stays or goes as a whole. */
export interface Item {
  readonly kind: ItemKind;
  /** Relative to the store, or the id of a cache mount. */
  readonly name: string;
  readonly need: Need;
  /** On the disk. */
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly lastUsed: number;
  readonly removal: Removal;
}

/** How it can be removed while builds run. */
export type Removal =
  | { readonly by: "nobody" }
  /** Builds rely on it: by the helper, which looks once more whether it was used. `sizes` go along. */
  | {
      readonly by: "room";
      readonly paths: readonly string[];
      readonly marks: readonly string[];
      readonly sizes: readonly string[];
    }
  /** A build that does not find it any more does its work again. */
  | { readonly by: "unlinking"; readonly paths: readonly string[] }
  /** A RUN may hold the lock of the cache mount with this name. */
  | { readonly by: "its lock"; readonly mount: string };
