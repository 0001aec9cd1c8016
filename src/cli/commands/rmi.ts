import { OciBuildError } from "../../errors.ts";
import { collectFailures } from "../collect-failures.ts";
import { defineCommand, type Command } from "../command.ts";
import { rootFlag, storeRoot } from "../store-root.ts";
import { withImages } from "../with-images.ts";

export const rmiCommand: Command = defineCommand({
  name: "rmi",
  summary: "Take names away from images, or images from the store",
  description: [
    "A name loses its image, and an image without names goes; an id takes the image with all its names. Layers stay for the build cache.",
  ],
  positionals: { usage: "IMAGE...", min: 1, max: Infinity },
  flags: {
    force: { type: "bool", short: "f", help: "An image that is not there is no error." },
    root: rootFlag,
  },
  refused: { "no-prune": "is not supported yet", all: "is not supported yet", "-a": "is not supported yet" },
  examples: [{ text: "Two names at once", command: "oci-build rmi app:test app:old" }],
  exitCodes: [
    ["0", "removed"],
    ["1", "one of them was not there, or could not be removed; the others are removed"],
    ["2", "the command line is wrong"],
  ],

  run: async ({ flags, positionals }, { env, stdout, engine }) => {
    await withImages(engine, storeRoot(flags.root, env), (images) =>
      collectFailures(positionals, async (reference) => {
        try {
          const { untagged, deleted } = await images.remove(reference);
          for (const name of untagged) stdout.write(`Untagged: ${name}\n`);
          if (deleted !== undefined) stdout.write(`Deleted: ${deleted}\n`);
        } catch (error) {
          const missing = error instanceof OciBuildError && error.code === "image-unknown";
          if (!missing || !flags.force) throw error;
        }
      }),
    );
    return 0;
  },
});
