import { rm, writeFile } from "node:fs/promises";
import { styleText } from "node:util";
import type { BuildOptions, BuildResult } from "../../build.ts";
import { OciBuildError } from "../../errors.ts";
import { parseOutput } from "../../output/parse-output.ts";
import type { OutputTarget } from "../../output/target.ts";
import { formatBytes } from "../../progress/byte-size.ts";
import type { EventSink } from "../../progress/event.ts";
import { usesColor } from "../../progress/color.ts";
import { chooseMode, createRenderer, type ProgressMode } from "../../progress/renderer.ts";
import { parseSecret } from "../../secrets/secret-source.ts";
import { parseSsh } from "../../secrets/ssh-source.ts";
import { buildArguments } from "../build-arguments.ts";
import { defineCommand, type Command } from "../command.ts";
import type { Context } from "../context.ts";
import { EndNotes } from "../end-notes.ts";
import { interruptible } from "../interruptible.ts";
import { readAnnotations, readLabels } from "../labels.ts";
import { insecureRegistryFlag, rootFlag, storeRoot } from "../store-root.ts";
import { usageError } from "../usage-error.ts";
import { answerCall, readCall } from "./build-call.ts";
import { cachePolicy, pullPolicy, readJobs } from "./build-policies.ts";
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
    file: {
      type: "string",
      short: "f",
      value: "FILE",
      help: "The Dockerfile (default: CONTEXT/Dockerfile); - reads it from standard input, an http(s) URL fetches it. In a context that is no directory a relative FILE is one of its files.",
    },
    "build-context": {
      type: "list",
      value: "NAME=LOCATION",
      help: "What FROM, COPY --from and RUN --mount from= mean by NAME: a directory, a git repository, the http(s) URL of an archive, docker-image://NAME[:TAG] or oci-layout://DIRECTORY[:TAG][@DIGEST]. Goes before a stage or an image of that name. Repeatable.",
    },
    tag: {
      type: "list",
      short: "t",
      value: "NAME[:TAG]",
      help: "Name for the image; the tag is latest if none is given. Repeatable.",
    },
    "build-arg": {
      type: "list",
      value: "NAME[=VALUE]",
      help: "Value for an ARG; without =VALUE it comes from the environment. Repeatable.",
    },
    label: {
      type: "list",
      value: "NAME[=VALUE]",
      help: "Label for the image; it wins over one of the Dockerfile. Repeatable.",
    },
    annotation: {
      type: "list",
      value: "NAME=VALUE",
      help: "Annotation for the image's manifest. Repeatable.",
    },
    target: { type: "string", value: "STAGE", help: "The stage to build (default: the last one)." },
    check: { type: "bool", help: "Run the build checks instead of building; the same as --call=check." },
    call: {
      type: "string",
      value: "METHOD[,format=FORMAT]",
      help: "What to do with the Dockerfile: build (the default), check (run the build checks; format text, json or sarif), outline (show what the target takes: arguments, secrets, agents, caches; text or json), targets (list the stages; text or json). Flags that are about the image then have no effect.",
    },
    "no-cache": { type: "bool", help: "Run every step again." },
    "explain-cache": {
      type: "bool",
      help: "Say at the end, for each step that ran, what differed from the build before: a file, a variable, the base image.",
    },
    "no-cache-filter": {
      type: "list",
      value: "STAGE",
      help: "Run the steps of this stage again. Several may be given with commas. Repeatable.",
    },
    "no-cache-step": {
      type: "list",
      value: "STEP",
      help: "Run this step again: N of the last stage or STAGE:N, the number that progress shows, or the beginning of its instruction, such as 'RUN npm'. Repeatable.",
    },
    pull: {
      type: "optional",
      bare: "always",
      choices: ["always", "newer", "missing", "never", "true", "false", "1", "0", "t", "f"],
      help: "When to ask the registry for a base image: =always, =newer (and be content with the store's when there is no answer), =missing (what the store does not know; the default), =never.",
    },
    offline: {
      type: "bool",
      help: "Ask nobody: base images, URLs and git commits come from the store, or it is an error that says what is missing; no RUN has a network.",
    },
    quiet: { type: "bool", short: "q", help: "Print nothing but the image id, on standard output." },
    progress: {
      type: "choice",
      choices: ["auto", "tty", "plain", "quiet"],
      default: "auto",
      env: "BUILDKIT_PROGRESS",
      help: "How progress is shown; auto is tty on a terminal and plain elsewhere.",
    },
    iidfile: { type: "string", value: "FILE", help: "Write the image id (the digest of its config) to FILE." },
    output: {
      type: "list",
      short: "o",
      value: "OUTPUT",
      help: "Where the image goes beside the store: oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME], type=oci,dest=FILE, type=oci,tar=false,dest=DIR, type=docker,dest=FILE. A FILE of - is standard output. Repeatable.",
    },
    root: rootFlag,
    "insecure-registry": insecureRegistryFlag,
    isolation: {
      type: "choice",
      choices: ["auto", "bwrap", "chroot"],
      default: "auto",
      help: "The sandbox for RUN; auto is bwrap for steps run as root, and chroot for other users or where bwrap is missing.",
    },
    network: {
      type: "choice",
      choices: ["default", "none", "host"],
      default: "default",
      help: "The network of a RUN without a --network of its own: the machine's (=default or =host), or none.",
    },
    secret: {
      type: "list",
      value: "SECRET",
      help: "What RUN --mount=type=secret may see: id=NAME,src=FILE or id=NAME,env=VARIABLE. GIT_AUTH_TOKEN.HOST and HTTP_AUTH_TOKEN_HOST open what is fetched. Repeatable.",
    },
    ssh: {
      type: "list",
      value: "ID[=SOCKET|KEY,...]",
      help: "What RUN --mount=type=ssh may use: default is the agent of SSH_AUTH_SOCK; or a socket, or keys without a passphrase. Repeatable.",
    },
    jobs: {
      type: "string",
      short: "j",
      value: "N",
      help: "How many steps may go on at once (default: the number of CPUs). Stages that do not need each other are built side by side.",
    },
    rm: alwaysSo,
    "force-rm": alwaysSo,
  },
  refused: refusedBuildFlags,
  examples: [
    { text: "Build the Dockerfile here and name the image", command: "oci-build build -t app:1.0 ." },
    {
      text: "Another Dockerfile, one stage of it, and a build argument",
      command: "oci-build build -f ci/Dockerfile --target test --build-arg VERSION=1.2 .",
    },
    {
      text: "Hand the image to docker or podman",
      command: "oci-build build -q -t app -o docker-archive:app.tar . && docker load -i app.tar",
    },
    {
      text: "A token that RUN --mount=type=secret,id=token sees and nothing keeps",
      command: "oci-build build --secret id=token,env=API_TOKEN .",
    },
    {
      text: "A branch and a directory of a git repository",
      command: "oci-build build -t app https://example.com/app.git#main:server",
    },
    { text: "An archive of a web server", command: "oci-build build -t app https://example.com/app.tar.gz" },
    {
      text: "Another image in the place of a base, and files of another directory",
      command: "oci-build build --build-context alpine=docker-image://alpine:3.20 --build-context assets=../assets .",
    },
    { text: "Run the build checks, and nothing else", command: "oci-build build --check ." },
    { text: "An OCI image layout for skopeo and umoci", command: "oci-build build -t app -o oci:layout:latest ." },
  ],
  environment: {
    NO_COLOR: "If not empty, no colours.",
    SOURCE_DATE_EPOCH:
      "Seconds since 1970: the time of the image and the latest that its new files may have (default: 0).",
    SSH_AUTH_SOCK: "Socket of the SSH agent for --ssh default.",
    DOCKER_CONFIG: "Directory of docker's config.json, for registry credentials.",
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
    const asked = {
      context: location,
      buildContexts: flags["build-context"],
      file: flags.file,
      buildArgs: buildArguments(flags["build-arg"], context.env),
      target: flags.target,
      pull: pullPolicy(flags),
      offline: flags.offline,
      root: storeRoot(flags.root, context.env),
      insecureRegistries: flags["insecure-registry"],
      secrets: flags.secret.map((text) => parseSecret(text, context.env)),
    };
    if (call.method !== "build") return answerCall(context, call, asked);
    const outputs = flags.output.map(parseOutput);
    const mode = flags.quiet ? "quiet" : chooseMode(flags.progress, context.stderr, context.env);
    checkStandardOutput(outputs, mode, context);
    return buildAndReport(context, {
      mode,
      iidfile: flags.iidfile,
      explainCache: flags["explain-cache"],
      options: {
        ...asked,
        tags: flags.tag,
        labels: readLabels(flags.label),
        annotations: readAnnotations(flags.annotation),
        cache: cachePolicy(flags),
        jobs: readJobs(flags.jobs),
        outputs,
        isolation: flags.isolation,
        network: flags.network,
        ssh: flags.ssh.map(parseSsh),
      },
    });
  },
});

interface BuildRequest {
  readonly mode: ProgressMode;
  readonly iidfile: string | undefined;
  readonly explainCache: boolean;
  readonly options: Omit<BuildOptions, "events" | "signal">;
}

function buildAndReport(context: Context, { mode, iidfile, explainCache, options }: BuildRequest): Promise<number> {
  return interruptible(context, async ({ signal }) => {
    // A file of an earlier build must not pass for this one's.
    if (iidfile !== undefined) await rm(iidfile, { force: true });
    const renderer = await createRenderer(mode, context.stderr, context.env);
    const notes = new EndNotes();
    const events: EventSink = (event) => {
      if (!notes.take(event)) renderer.onEvent(event);
    };
    const showNotes = (): void => {
      if (mode !== "quiet") context.stderr.write(notes.findings());
      if (explainCache) context.stderr.write(notes.reasons());
    };
    try {
      const result = await context.engine.build({ ...options, events, signal });
      if (iidfile !== undefined) await writeFile(iidfile, result.imageId);
      renderer.close();
      showNotes();
      if (mode === "quiet") context.stdout.write(`${result.imageId}\n`);
      else context.stderr.write(summary(result, context));
      return 0;
    } catch (error) {
      renderer.close();
      showNotes();
      throw mode === "tty" ? withoutOutput(error) : error;
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
  const users = outputs.filter((output) => output.kind !== "oci" && output.file === "-").length;
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
