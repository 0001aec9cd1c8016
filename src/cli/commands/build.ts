import { styleText } from "node:util";
import type { BuildOptions, BuildResult } from "../../build.ts";
import { parseCacheFrom, parseCacheTo } from "../../cache/parse-cache.ts";
import { OciBuildError } from "../../errors.ts";
import { parseOutput } from "../../output/parse-output.ts";
import type { OutputTarget } from "../../output/target.ts";
import { formatBytes } from "../../progress/byte-size.ts";
import type { EventSink } from "../../progress/event.ts";
import { usesColor } from "../../progress/color.ts";
import { chooseMode, createRenderer, type ProgressMode } from "../../progress/renderer.ts";
import { parseSecret } from "../../secrets/secret-source.ts";
import { parseSsh } from "../../secrets/ssh-source.ts";
import { askedArguments } from "../build-arguments.ts";
import { defineCommand, type Command } from "../command.ts";
import { readConfiguration } from "../config-file.ts";
import type { Context } from "../context.ts";
import { EndNotes } from "../end-notes.ts";
import { interruptible } from "../interruptible.ts";
import { readAnnotations, readLabels } from "../labels.ts";
import { nameFlags, readNames } from "../name-flags.ts";
import { clearResultFiles, type ResultFiles, writeResultFiles } from "../result-files.ts";
import { isAttended, laterShell, shellUser } from "../step-shell.ts";
import { insecureRegistryFlag, rootFlag, storeRoot } from "../store-root.ts";
import { startTimeline, type Timeline } from "../timeline.ts";
import { usageError } from "../usage-error.ts";
import { answerCall, readCall } from "./build-call.ts";
import { cachePolicy, pullPolicy, readJobs, readLocked } from "./build-policies.ts";
import { buildExamples, buildFlags } from "./build-flags.ts";
import { refusedBuildFlags } from "./build-refused.ts";

/** Docker's flags for taking away a step's container, which is what always happens: the opposite cannot be asked for. */
const alwaysSo = {
  type: "optional",
  bare: "true",
  choices: ["true", "1", "t"],
  hidden: true,
  help: "Accepted: nothing of a step is ever kept.",
} as const;

export const buildCommand: Command = defineCommand({
  name: "build",
  summary: "Build an image from a Dockerfile",
  description: [
    "Builds the Dockerfile of CONTEXT and puts the image into the store, and into every --output. Progress goes to standard error.",
    "CONTEXT is a directory, a git repository (https://HOST/REPOSITORY.git#REF:DIRECTORY, git@HOST:REPOSITORY, file:///REPOSITORY), the http(s) URL of an archive or of a Dockerfile, or - for an archive or a Dockerfile on standard input. See contexts.md.",
  ],
  positionals: { usage: "CONTEXT", min: 1, max: 1 },
  flags: {
    ...buildFlags,
    ...nameFlags,
    root: rootFlag,
    "insecure-registry": insecureRegistryFlag,
    rm: alwaysSo,
    "force-rm": alwaysSo,
  },
  refused: refusedBuildFlags,
  examples: buildExamples,
  environment: {
    NO_COLOR: "If not empty, no colours.",
    SOURCE_DATE_EPOCH:
      "Seconds since 1970, context or now: the time of the image and the latest that its new files may have (default: 0).",
    SSH_AUTH_SOCK: "Socket of the SSH agent for --ssh default.",
    DOCKER_CONFIG: "Directory of docker's config.json, for registry credentials.",
    OCI_BUILD_CONFIG:
      "The configuration (default: $XDG_CONFIG_HOME/oci-build/config.json, else ~/.config/oci-build/config.json). See room.md.",
  },
  exitCodes: [
    ["0", "the image was built"],
    ["1", "the build failed, or a check found something"],
    ["2", "the command line is wrong"],
    ["130", "cancelled by Ctrl-C (SIGINT)"],
    ["143", "cancelled by SIGTERM; 129 by SIGHUP"],
  ],

  run: ({ flags, positionals: [location = ""] }, context) => {
    const call = readCall(flags.call, flags.check);
    const locked = readLocked(flags, call.method);
    const asked = {
      context: location,
      buildContexts: flags["build-context"],
      file: flags.file,
      buildArgs: askedArguments(flags, context.env),
      target: flags.target,
      pull: pullPolicy(flags),
      offline: flags.offline,
      root: storeRoot(flags.root, context.env),
      insecureRegistries: flags["insecure-registry"],
      secrets: flags.secret.map((text) => parseSecret(text, context.env)),
    };
    if (call.method !== "build") return answerCall(context, call, asked);
    const outputs = [
      ...flags.output.map(parseOutput),
      ...(flags.push ? [{ kind: "registry", names: [] } as const] : []),
    ];
    const [cacheFrom, cacheTo] = [flags["cache-from"].map(parseCacheFrom), flags["cache-to"].map(parseCacheTo)];
    if (flags.offline && [...outputs, ...cacheFrom, ...cacheTo].some(({ kind }) => kind === "registry"))
      throw usageError("--offline asks nobody, and a push or a cache in a registry needs its registry");
    const mode = flags.quiet ? "quiet" : chooseMode(flags.progress, context.stderr, context.env);
    checkStandardOutput(outputs, mode, context);
    return buildAndReport(context, {
      mode,
      files: { iidfile: flags.iidfile, metadataFile: flags["metadata-file"] },
      explainCache: flags["explain-cache"],
      timeline: startTimeline(flags),
      onError: flags["on-error"],
      options: {
        ...asked,
        tags: flags.tag,
        locked,
        labels: readLabels(flags.label),
        annotations: readAnnotations(flags.annotation),
        cache: cachePolicy(flags),
        cacheFrom,
        cacheTo,
        jobs: readJobs(flags.jobs),
        outputs,
        isolation: flags.isolation,
        network: flags.network,
        names: readNames(flags),
        ssh: flags.ssh.map(parseSsh),
      },
    });
  },
});

interface BuildRequest {
  readonly mode: ProgressMode;
  readonly files: ResultFiles;
  readonly explainCache: boolean;
  readonly timeline: Timeline;
  readonly onError: "stop" | "shell";
  readonly options: Omit<BuildOptions, "collection" | "events" | "signal">;
}

function buildAndReport(
  context: Context,
  { mode, files, explainCache, timeline, onError, options }: BuildRequest,
): Promise<number> {
  return interruptible(context, async (interrupts) => {
    await clearResultFiles(files);
    const { gc: collection } = await readConfiguration(context.env);
    const renderer = await createRenderer(mode, context.stderr, context.env);
    const notes = new EndNotes();
    const events: EventSink = (event) => {
      if (!notes.take(event)) renderer.onEvent(event);
    };
    const showNotes = (): void => {
      if (mode !== "quiet") context.stderr.write(notes.findings());
      if (explainCache) context.stderr.write(notes.reasons());
    };
    const user = isAttended(context) ? shellUser(context, interrupts, renderer.close) : undefined;
    const shell = onError === "shell" ? { later: laterShell(options.context), user } : undefined;
    try {
      const result = await context.engine.build({
        ...options,
        shell,
        collection,
        events,
        signal: interrupts.signal,
      });
      await writeResultFiles(files, result);
      renderer.close();
      showNotes();
      if (mode === "quiet") context.stdout.write(`${result.imageId}\n`);
      else context.stderr.write(summary(result, context));
      return 0;
    } catch (error) {
      renderer.close();
      showNotes();
      throw mode === "tty" ? withoutOutput(error) : error;
    } finally {
      await timeline.end(context.stderr);
    }
  });
}

function summary(result: BuildResult, { stderr, env }: Context): string {
  const id = usesColor(stderr, env) ? styleText("bold", result.imageId) : result.imageId;
  const lines = [`built ${id} (${formatBytes(result.size)})`, ...result.names.map((name) => `named ${name}`)];
  return `${lines.join("\n")}\n`;
}

/** The same error for a screen that shows the failed step's whole output already. */
function withoutOutput(error: unknown): unknown {
  if (!(error instanceof OciBuildError) || error.output === undefined) return error;
  const { code, message, hint, excerpt, cause, stack } = error;
  return Object.assign(new OciBuildError(code, message, { hint, excerpt, cause }), { stack });
}

function checkStandardOutput(outputs: readonly OutputTarget[], mode: ProgressMode, { stdout }: Context): void {
  const users = outputs.filter((output) => "file" in output && output.file === "-").length;
  if (users === 0) return;
  if (users > 1) throw usageError("only one output can go to standard output");
  if (mode === "quiet")
    throw usageError(
      "the image id of --quiet and an output to - both want standard output",
      "use --iidfile for the id, or name a file",
    );
  if (stdout.isTTY === true)
    throw usageError("an image is not written to a terminal", "name a file instead of -, or redirect standard output");
}
