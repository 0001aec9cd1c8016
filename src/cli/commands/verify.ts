import { createRenderer, chooseMode } from "../../progress/renderer.ts";
import { parseSecret } from "../../secrets/secret-source.ts";
import { parseSsh } from "../../secrets/ssh-source.ts";
import { askedArguments } from "../build-arguments.ts";
import { defineCommand, type Command } from "../command.ts";
import { interruptible } from "../interruptible.ts";
import { readAnnotations, readLabels } from "../labels.ts";
import { nameFlags, readNames } from "../name-flags.ts";
import { insecureRegistryFlag, rootFlag, storeRoot } from "../store-root.ts";
import { buildFlags } from "./build-flags.ts";
import { pullPolicy, readJobs, readLocked } from "./build-policies.ts";
import { comparisonExitCodes, comparisonFlags, comparisonOutput, readLimit } from "./diff.ts";

const { file, target, label, annotation, pull, offline, progress, isolation, network, secret, ssh, jobs } = buildFlags;

export const verifyCommand: Command = defineCommand({
  name: "verify",
  summary: "Build an image again and say whether it is the same",
  description: [
    "Builds CONTEXT without the cache and compares the result with IMAGE, down to the file and the byte. Give the flags that IMAGE was built with. The store keeps nothing of it under a name, and other builds' cache is left alone.",
    "An IMAGE is what diff takes: a name or a digest of the store, oci:DIR[:TAG], oci-archive:FILE[:TAG], or docker://NAME.",
  ],
  positionals: { usage: "IMAGE CONTEXT", min: 2, max: 2 },
  failureExitCode: () => 2,
  flags: {
    file,
    target,
    "build-arg": buildFlags["build-arg"],
    "build-context": buildFlags["build-context"],
    "source-date-epoch": buildFlags["source-date-epoch"],
    timestamp: buildFlags.timestamp,
    label,
    annotation,
    pull,
    offline,
    locked: buildFlags.locked,
    "lock-file": buildFlags["lock-file"],
    progress,
    isolation,
    network,
    ...nameFlags,
    secret,
    ssh,
    jobs,
    ...comparisonFlags,
    root: rootFlag,
    "insecure-registry": insecureRegistryFlag,
  },
  examples: [
    { text: "Whether the image still comes out of its sources", command: "oci-build verify app:1.0 ." },
    {
      text: "What a registry has, and the commit that it is said to be built of",
      command: "oci-build verify --build-arg VERSION=1.0 docker://example.com/app:1.0 https://example.com/app.git#v1.0",
    },
  ],
  exitCodes: [
    ["0", "the image was reproduced"],
    ["1", "the image that was built differs"],
    ...comparisonExitCodes,
    ["130", "cancelled by Ctrl-C (SIGINT)"],
  ],

  run: ({ flags, positionals: [image = "", location = ""] }, context) => {
    const { env, stdout, stderr, engine } = context;
    const asked = {
      context: location,
      buildContexts: flags["build-context"],
      file: flags.file,
      buildArgs: askedArguments(flags, env),
      target: flags.target,
      labels: readLabels(flags.label),
      annotations: readAnnotations(flags.annotation),
      pull: pullPolicy(flags),
      offline: flags.offline,
      locked: readLocked(flags),
      jobs: readJobs(flags.jobs),
      root: storeRoot(flags.root, env),
      insecureRegistries: flags["insecure-registry"],
      isolation: flags.isolation,
      network: flags.network,
      names: readNames(flags),
      secrets: flags.secret.map((text) => parseSecret(text, env)),
      ssh: flags.ssh.map(parseSsh),
    };
    const most = readLimit(flags.limit);
    return interruptible(context, async ({ signal }) => {
      const renderer = await createRenderer(chooseMode(flags.progress, stderr, env), stderr, env);
      const events = renderer.onEvent.bind(renderer);
      const verifying = engine.verifyImage({ image, build: { ...asked, events, signal }, most });
      const comparison = await verifying.finally(() => renderer.close());
      if (flags.format === "text" && comparison.equal)
        stdout.write(`reproduced ${image} ${comparison.before.digest}\n`);
      else stdout.write(comparisonOutput(comparison, flags.format));
      return comparison.equal ? 0 : 1;
    });
  },
});
