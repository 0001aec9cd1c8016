import type { StoredImage } from "../../store/images.ts";
import { familiarName, splitTag } from "../../output/familiar-name.ts";
import { collectFailures } from "../collect-failures.ts";
import { defineCommand, type Command } from "../command.ts";
import { rootFlag, storeRoot } from "../store-root.ts";
import { withImages } from "../with-images.ts";

export const inspectCommand: Command = defineCommand({
  name: "inspect",
  summary: "Show images of the store in full, as JSON",
  description: ["Prints an array with an object for each image, in the form of docker image inspect."],
  positionals: { usage: "IMAGE...", min: 1, max: Infinity },
  flags: {
    format: { type: "choice", choices: ["json"], default: "json", help: "JSON is the only form there is." },
    root: rootFlag,
  },
  refused: {
    "-f": "is not supported yet: pipe the JSON into jq",
    type: "is not supported: there are only images",
    size: "is not needed: the size is always shown",
    "-s": "is not needed: the size is always shown",
  },
  examples: [{ text: "The variables of an image", command: "oci-build inspect app:1.0 | jq '.[0].Config.Env'" }],
  exitCodes: [
    ["0", "printed"],
    ["1", "one of them was not there; the others are printed"],
    ["2", "the command line is wrong"],
  ],

  run: async ({ flags, positionals }, { env, stdout, engine }) => {
    const found: object[] = [];
    const search = withImages(engine, storeRoot(flags.root, env), (images) =>
      collectFailures(positionals, async (reference) => void found.push(describe(await images.find(reference)))),
    );
    await search.finally(() => stdout.write(`${JSON.stringify(found, undefined, 4)}\n`));
    return 0;
  },
});

/** An image in the form of docker's API (https://docs.docker.com/reference/api/engine/, ImageInspect). */
export function describe(image: StoredImage): object {
  const { created, author, architecture, variant, os, config, rootfs, ...rest } = image.configDocument;
  const names = image.names.map(familiarName);
  const repositories = new Set(names.map((name) => splitTag(name)[0]));
  return {
    Id: image.config.digest,
    RepoTags: names,
    RepoDigests: Array.from(repositories, (repository) => `${repository}@${image.manifest.digest}`),
    Created: created,
    Author: author,
    Config: config ?? {},
    Architecture: architecture,
    Variant: variant,
    Os: os,
    OsVersion: rest["os.version"],
    Size: image.size,
    RootFS: { Type: rootfs.type, Layers: rootfs.diff_ids },
  };
}
