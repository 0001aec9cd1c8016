import { chooseMode, createRenderer } from "../../progress/renderer.ts";
import { defineCommand, type Command } from "../command.ts";
import { interruptible } from "../interruptible.ts";
import { insecureRegistryFlag, rootFlag, storeRoot } from "../store-root.ts";
import { buildFlags } from "./build-flags.ts";

export const pushCommand: Command = defineCommand({
  name: "push",
  summary: "Put an image of the store into a registry",
  description: [
    "Pushes IMAGE to DESTINATION, or without one to the registry that its own name names. What the registry has already, in this repository or in one that a base came from, is not sent. Who may push is taken from where docker login and podman login left it.",
  ],
  positionals: { usage: "IMAGE [DESTINATION]", min: 1, max: 2 },
  flags: {
    quiet: { type: "bool", short: "q", help: "Print nothing but the digest of the manifest, on standard output." },
    progress: buildFlags.progress,
    root: rootFlag,
    "insecure-registry": insecureRegistryFlag,
  },
  examples: [
    { text: "To the registry that the image is named after", command: "oci-build push ghcr.io/me/app:1.0" },
    { text: "Under another name", command: "oci-build push app docker://localhost:5000/team/app:latest" },
  ],
  environment: { DOCKER_CONFIG: "Directory of docker's config.json, for registry credentials." },
  exitCodes: [
    ["0", "the registry has the image under the name"],
    ["1", "there is no such image, or the registry did not take it"],
    ["2", "the command line is wrong"],
  ],

  run: ({ flags, positionals: [image = "", destination] }, context) =>
    interruptible(context, async ({ signal }) => {
      const mode = flags.quiet ? "quiet" : chooseMode(flags.progress, context.stderr, context.env);
      const renderer = await createRenderer(mode, context.stderr, context.env);
      try {
        const { name, digest } = await context.engine.push({
          image,
          destination,
          root: storeRoot(flags.root, context.env),
          insecureRegistries: flags["insecure-registry"],
          events: renderer.onEvent,
          signal,
        });
        renderer.close();
        if (flags.quiet) context.stdout.write(`${digest}\n`);
        else context.stderr.write(`pushed ${name}@${digest}\n`);
        return 0;
      } finally {
        renderer.close();
      }
    }),
});
