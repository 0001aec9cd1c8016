import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Digest, parseDigest } from "../oci/digest.ts";
import type { Platform } from "../oci/platform.ts";
import { formatPlatform } from "../oci/platform.ts";
import { writeDurably } from "./durable.ts";
import type { StorePaths } from "./paths.ts";
import { isText, readUsed } from "./record.ts";

/**
 * Which manifest a registry's name stood for when it was last asked. Base images are kept here rather than in
 * index.json, because an index may only name images that are whole, and layers are fetched when they are needed.
 */
export async function findReference(paths: StorePaths, name: string, platform: Platform): Promise<Digest | undefined> {
  const record = await readUsed(fileOf(paths, name, platform));
  return isText(record?.["manifest"]) ? parseDigest(record["manifest"]) : undefined;
}

export async function rememberReference(
  paths: StorePaths,
  name: string,
  target: { readonly platform: Platform; readonly manifest: Digest },
): Promise<void> {
  const platform = formatPlatform(target.platform);
  await writeDurably(
    fileOf(paths, name, target.platform),
    JSON.stringify({ name, platform, manifest: target.manifest }),
  );
}

function fileOf(paths: StorePaths, name: string, platform: Platform): string {
  const hash = createHash("sha256")
    .update(`${name}\n${formatPlatform(platform)}`)
    .digest("hex");
  return join(paths.references, `${hash}.json`);
}
