import type { AttributeChange, ContentChange, EntryChange } from "../helper/messages.ts";
import type { Digest, DiffId } from "../oci/digest.ts";

/** One thing that two images do not have alike. Layers are counted from 1, the bottom one. */
export type Difference =
  /** An entry of a layer. `type` is what it is, e.g. `file`; the path and the texts are as the helper escapes them. */
  | {
      readonly kind: "entry";
      readonly layer: number;
      readonly path: string;
      readonly change: EntryChange;
      readonly type: string;
      readonly attributes: readonly AttributeChange[];
      readonly content?: ContentChange | undefined;
    }
  /** A layer that one of the images has alone. */
  | { readonly kind: "layer"; readonly layer: number; readonly before?: DiffId; readonly after?: DiffId }
  /** Two layers with the same entries, in another order from `moved` on, or else only written in another way. */
  | { readonly kind: "archive"; readonly layer: number; readonly moved?: string | undefined }
  /** The same layer in another blob: compressed differently. */
  | { readonly kind: "blob"; readonly layer: number; readonly before: Digest; readonly after: Digest }
  | FieldDifference;

/** A member of the image's config or of its manifest, by its place, e.g. `config.Env[2]`; an absent one is undefined. */
export interface FieldDifference {
  readonly kind: "config" | "manifest";
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
}
