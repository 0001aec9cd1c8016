import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ImageConfig } from "../../src/oci/image.ts";
import type { Project } from "./project.ts";

/** A manifest as its bytes say it. */
export interface ManifestDocument {
  readonly mediaType: string;
  readonly config: { readonly digest: string };
  readonly layers: readonly { readonly mediaType: string; readonly digest: string }[];
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The manifest of an image in a project's store; `name` is without registry and tag. */
export function manifestOf(p: Project, name: string): ManifestDocument {
  const digest = p.digestOf(`docker.io/library/${name}:latest`);
  if (digest === undefined) throw new Error(`no image ${name}`);
  return readBlob(p, digest) as ManifestDocument;
}

/** The config document of an image in a project's store. */
export function configOf(p: Project, name: string): ImageConfig {
  return readBlob(p, manifestOf(p, name).config.digest) as ImageConfig;
}

function readBlob(p: Project, digest: string): unknown {
  return JSON.parse(readFileSync(join(p.store, "blobs", digest.replace(":", "/")), "utf8"));
}
