import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ImageConfig } from "../../src/oci/image.ts";
import { type Project } from "./project.ts";

/** The config document of an image in a project's store, as its bytes say it; `name` is without registry and tag. */
export function configOf(p: Project, name: string): ImageConfig {
  const digest = p.digestOf(`docker.io/library/${name}:latest`);
  if (digest === undefined) throw new Error(`no image ${name}`);
  const manifest = readBlob(p, digest) as { config: { digest: string } };
  return readBlob(p, manifest.config.digest) as ImageConfig;
}

function readBlob(p: Project, digest: string): unknown {
  return JSON.parse(readFileSync(join(p.store, "blobs", digest.replace(":", "/")), "utf8"));
}
