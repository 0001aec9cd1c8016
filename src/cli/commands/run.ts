import type { RunOptions } from "../../container/run.ts";
import { OciBuildError } from "../../errors.ts";
import { defineCommand, type Command } from "../command.ts";
import { interruptible } from "../interruptible.ts";
import { nameFlags, readNames } from "../name-flags.ts";
import { insecureRegistryFlag, rootFlag, storeRoot } from "../store-root.ts";
import { usageError } from "../usage-error.ts";
import { readVariables } from "../variables.ts";
import { refusedRunFlags } from "./run-refused.ts";

/** Docker's exit code for a failure that is not the process's own. */
const containerFailed = 125;

/** Docker tells a command that cannot be started from a container that cannot be made. */
function exitCodeOfFailure(error: unknown): number {
  if (!(error instanceof OciBuildError)) return containerFailed;
  switch (error.code) {
    case "command-not-found":
      return 127;
    case "command-not-executable":
      return 126;
    default:
      return containerFailed;
  }
}

export const runCommand: Command = defineCommand({
  name: "run",
  summary: "Run a command in a fresh container of an image",
  description: [
    "Runs COMMAND, or what the image says, in a container of an image of the store. The image is not changed, and nothing of the container is kept. Flags end at IMAGE.",
  ],
  positionals: { usage: "IMAGE [COMMAND...]", min: 1, max: Infinity },
  interspersed: false,
  usageExitCode: containerFailed,
  failureExitCode: exitCodeOfFailure,
  flags: {
    rm: {
      type: "optional",
      bare: "true",
      choices: ["true", "1", "t"],
      help: "Take the container away afterwards. That is always done, as containers are not kept yet.",
    },
    interactive: { type: "bool", short: "i", help: "Hand standard input to the process." },
    tty: { type: "bool", short: "t", help: "Give the process a terminal." },
    env: {
      type: "list",
      short: "e",
      value: "NAME[=VALUE]",
      help: "Variable for the process; without =VALUE it comes from the environment. Repeatable.",
    },
    workdir: { type: "string", short: "w", value: "DIR", help: "Working directory instead of the image's." },
    user: { type: "string", short: "u", value: "USER[:GROUP]", help: "User, by name or id, instead of the image's." },
    entrypoint: {
      type: "string",
      value: "PROGRAM",
      help: "Program instead of the image's ENTRYPOINT, whose CMD is dropped too; empty for none.",
    },
    network: {
      type: "choice",
      choices: ["host", "none", "private"],
      default: "host",
      help: "The host's network, none but loopback, or a private one through pasta or slirp4netns, which does not reach the host's own services.",
    },
    ...nameFlags,
    isolation: {
      type: "choice",
      choices: ["auto", "bwrap", "chroot"],
      default: "auto",
      help: "The sandbox; auto is bwrap for root, and chroot for other users or where bwrap is missing.",
    },
    root: rootFlag,
    "insecure-registry": insecureRegistryFlag,
  },
  refused: refusedRunFlags,
  examples: [
    { text: "What the image says", command: "oci-build run app:1.0" },
    { text: "A shell in it", command: "oci-build run --rm -it app:1.0 /bin/sh" },
    {
      text: "One command, with a variable, without network",
      command: "oci-build run -e LANG=C --network none app:1.0 ls -l /srv",
    },
  ],
  exitCodes: [
    ["0-255", "what the process answered"],
    ["125", "the container could not be made, or the command line is wrong"],
    ["126", "the command is there but cannot be run"],
    ["127", "the command was not found"],
    ["128+N", "signal N ended the process"],
  ],

  run: ({ flags, positionals: [image = "", ...command] }, context) => {
    const { env } = context;
    if (image === "") throw usageError("the image's name is empty");
    const options: Omit<RunOptions, "signal"> = {
      image,
      command,
      entrypoint: flags.entrypoint,
      environment: Array.from(readVariables("--env", flags.env, env), ([name, value]) => `${name}=${value}`),
      workdir: flags.workdir,
      user: flags.user,
      network: flags.network,
      names: readNames(flags),
      interactive: flags.interactive,
      terminal: flags.tty,
      root: storeRoot(flags.root, env),
      insecureRegistries: flags["insecure-registry"],
      isolation: flags.isolation,
    };
    return interruptible(context, ({ signal, forwardTo }) =>
      context.engine.runImage({ ...options, signal, forwardSignals: forwardTo }),
    );
  },
});
