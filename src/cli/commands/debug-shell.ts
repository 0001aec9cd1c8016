import { OciBuildError } from "../../errors.ts";
import { STOPPED } from "../../execute/step-shell.ts";
import { chooseMode, createRenderer } from "../../progress/renderer.ts";
import { parseSecret } from "../../secrets/secret-source.ts";
import { parseSsh } from "../../secrets/ssh-source.ts";
import { askedArguments } from "../build-arguments.ts";
import { defineCommand, type Command } from "../command.ts";
import { interruptible } from "../interruptible.ts";
import { laterShell, shellUser } from "../step-shell.ts";
import { insecureRegistryFlag, rootFlag, storeRoot } from "../store-root.ts";
import { usageError } from "../usage-error.ts";
import { buildFlags } from "./build-flags.ts";

export const debugShellCommand: Command = defineCommand({
  name: "debug shell",
  summary: "Open a shell where a step of a build stands",
  description: [
    "Builds what stands below a step, from the cache where it can, and opens a shell in the file system that the step would work on, with its mounts, variables, user and directory. There /run/oci-build/step is a program that does what the step does. What is changed is thrown away, and nothing is tagged. CONTEXT is what build takes.",
  ],
  positionals: { usage: "CONTEXT", min: 1, max: 1 },
  flags: {
    step: {
      type: "string",
      value: "STEP",
      help: "N of the last stage or STAGE:N, the number that progress shows, or the beginning of an instruction, such as 'RUN npm'.",
    },
    file: buildFlags.file,
    "build-context": buildFlags["build-context"],
    "build-arg": buildFlags["build-arg"],
    target: buildFlags.target,
    secret: buildFlags.secret,
    ssh: buildFlags.ssh,
    isolation: buildFlags.isolation,
    network: buildFlags.network,
    offline: buildFlags.offline,
    progress: buildFlags.progress,
    root: rootFlag,
    "insecure-registry": insecureRegistryFlag,
  },
  examples: [
    { text: "Before the fourth step, as progress numbers them", command: "oci-build debug shell --step 4 ." },
    {
      text: "Before the third of a stage, of another Dockerfile",
      command: "oci-build debug shell --step build:3 -f ci/Dockerfile .",
    },
  ],
  exitCodes: [
    ["0", "the shell was opened, whatever it answered"],
    ["1", "the build failed before the step"],
    ["2", "the command line is wrong"],
  ],

  run: ({ flags, positionals: [location = ""] }, context) => {
    const { step } = flags;
    if (step === undefined) throw usageError("debug shell needs --step", "see: oci-build debug shell --help");
    return interruptible(context, async (interrupts) => {
      const mode = chooseMode(flags.progress, context.stderr, context.env);
      const renderer = await createRenderer(mode, context.stderr, context.env);
      try {
        await context.engine.build({
          context: location,
          buildContexts: flags["build-context"],
          file: flags.file,
          buildArgs: askedArguments(flags, context.env),
          target: flags.target,
          secrets: flags.secret.map((text) => parseSecret(text, context.env)),
          ssh: flags.ssh.map(parseSsh),
          isolation: flags.isolation,
          network: flags.network,
          offline: flags.offline,
          pull: flags.offline ? "never" : "missing",
          root: storeRoot(flags.root, context.env),
          insecureRegistries: flags["insecure-registry"],
          tags: [],
          outputs: [],
          // A step that the cache has would not be come to.
          cache: { kind: "ignore-some", stages: [], steps: [step] },
          shell: { before: step, later: laterShell(location), user: shellUser(context, interrupts, renderer.close) },
          events: renderer.onEvent,
          signal: interrupts.signal,
        });
      } catch (error) {
        if (error instanceof OciBuildError && error.code === STOPPED) return 0;
        throw error;
      } finally {
        renderer.close();
      }
      throw new TypeError("the build went past the step that it was to stop before");
    });
  },
});
