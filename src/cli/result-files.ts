import { rm, writeFile } from "node:fs/promises";
import type { BuildResult } from "../build.ts";

/** The files that tell other programs what a build made. */
export interface ResultFiles {
  /** Gets the image id alone. */
  readonly iidfile: string | undefined;
  /** Gets the keys of docker buildx. */
  readonly metadataFile: string | undefined;
}

/** Removes them, so that a file of an earlier build does not pass for this one's. */
export async function clearResultFiles({ iidfile, metadataFile }: ResultFiles): Promise<void> {
  for (const file of [iidfile, metadataFile]) if (file !== undefined) await rm(file, { force: true });
}

export async function writeResultFiles({ iidfile, metadataFile }: ResultFiles, result: BuildResult): Promise<void> {
  if (iidfile !== undefined) await writeFile(iidfile, result.imageId);
  if (metadataFile !== undefined) await writeFile(metadataFile, metadata(result));
}

/** https://docs.docker.com/reference/cli/docker/buildx/build/#metadata-file; without a name there is no `image.name`. */
function metadata({ digest, manifest, imageId, names }: BuildResult): string {
  const document = {
    "containerimage.config.digest": imageId,
    "containerimage.descriptor": manifest,
    "containerimage.digest": digest,
    ...(names.length === 0 ? {} : { "image.name": names.join(",") }),
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
