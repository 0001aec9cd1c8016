import type { Reference } from "../oci/reference.ts";

/** Where a finished image goes beside the store. */
export type OutputTarget =
  /** An OCI image layout in a directory, made or added to. */
  | { readonly kind: "oci"; readonly directory: string; readonly tag?: string | undefined }
  /** The same as one tar file; `-` is standard output. */
  | { readonly kind: "oci-archive"; readonly file: string; readonly tag?: string | undefined }
  /** What `docker load` takes; `-` is standard output. */
  | { readonly kind: "docker-archive"; readonly file: string; readonly tag?: string | undefined }
  /** Registries, under these names; without one, under every name that the image has. */
  | { readonly kind: "registry"; readonly names: readonly Reference[] };
