import { defineCommand, type Command } from "../command.ts";
import { rootFlag, storeRoot } from "../store-root.ts";
import { withImages } from "../with-images.ts";

export const tagCommand: Command = defineCommand({
  name: "tag",
  summary: "Give an image of the store another name",
  positionals: { usage: "SOURCE NAME[:TAG]", min: 2, max: 2 },
  flags: { root: rootFlag },
  examples: [{ text: "The tested image is the release", command: "oci-build tag app:test localhost:5000/app:1.0" }],
  exitCodes: [
    ["0", "named; a name in use moved"],
    ["1", "there is no such image, or the name is not a valid one"],
    ["2", "the command line is wrong"],
  ],

  run: async ({ flags, positionals: [source = "", name = ""] }, { env, engine }) => {
    await withImages(engine, storeRoot(flags.root, env), (images) => images.tag(source, name));
    return 0;
  },
});
