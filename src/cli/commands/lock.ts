import { relative } from "node:path";
import { chooseMode, createRenderer } from "../../progress/renderer.ts";
import { parseSecret } from "../../secrets/secret-source.ts";
import { askedArguments } from "../build-arguments.ts";
import { defineCommand, type Command } from "../command.ts";
import { interruptible } from "../interruptible.ts";
import { insecureRegistryFlag, rootFlag, storeRoot } from "../store-root.ts";
import { buildFlags } from "./build-flags.ts";

const { file, target, progress, secret } = buildFlags;

export const lockCommand: Command = defineCommand({
  name: "lock",
  summary: "Write down what the names stand for that a build takes from elsewhere",
  description: [
    "Looks up the base images that CONTEXT's target needs, its named contexts, and the URLs and git references of ADD, and writes their digests and commits into oci-build.lock beside the Dockerfile. build --locked then uses those, and refuses anything else. Commit the file.",
  ],
  positionals: { usage: "CONTEXT", min: 1, max: 1 },
  flags: {
    file,
    target,
    "build-arg": buildFlags["build-arg"],
    "build-context": buildFlags["build-context"],
    "lock-file": buildFlags["lock-file"],
    progress,
    secret,
    root: rootFlag,
    "insecure-registry": insecureRegistryFlag,
  },
  examples: [
    { text: "Lock, and build from the lock", command: "oci-build lock . && oci-build build --locked -t app ." },
    { text: "What changed upstream", command: "oci-build lock . && git diff oci-build.lock" },
  ],
  exitCodes: [
    ["0", "written"],
    ["1", "something could not be looked up; the file is as it was"],
    ["2", "the command line is wrong"],
  ],

  run: ({ flags, positionals: [context = ""] }, { env, stderr, engine, ...rest }) => {
    const asked = {
      context,
      buildContexts: flags["build-context"],
      file: flags.file,
      buildArgs: askedArguments(flags, env),
      target: flags.target,
      pull: "always",
      root: storeRoot(flags.root, env),
      insecureRegistries: flags["insecure-registry"],
      secrets: flags.secret.map((text) => parseSecret(text, env)),
      lockFile: flags["lock-file"],
    } as const;
    return interruptible({ env, stderr, engine, ...rest }, async ({ signal }) => {
      const renderer = await createRenderer(chooseMode(flags.progress, stderr, env), stderr, env);
      const locking = engine.lockBuild({ ...asked, events: renderer.onEvent.bind(renderer), signal });
      const { lockFile, lock } = await locking.finally(() => renderer.close());
      const counts = [`images: ${lock.images.size}`, `URLs: ${lock.urls.size}`, `commits: ${lock.commits.size}`];
      stderr.write(`locked ${counts.join(", ")} in ${relative(".", lockFile) || lockFile}\n`);
      return 0;
    });
  },
});
