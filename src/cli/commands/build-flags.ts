import type { Example } from "../command.ts";

/** The flags of `build` that no other command has. */
export const buildFlags = {
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
  "source-date-epoch": {
    type: "string",
    value: "SECONDS|context|now",
    help: "The time of the image and the latest that its new files may have: seconds since 1970, the time of the context's commit or archive, or now, which leaves the times of new files as they are. The same as the build argument SOURCE_DATE_EPOCH.",
  },
  timestamp: {
    type: "string",
    value: "SECONDS|now",
    help: "buildah's name for --source-date-epoch; files that are older than that keep their time.",
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
  "on-error": {
    type: "choice",
    choices: ["stop", "shell"],
    default: "stop",
    help: "What to do when a step fails: stop, or open a shell in the file system before the step, with its mounts, variables, user and directory.",
  },
  timings: {
    type: "bool",
    help: "Say at the end where the time went: phases, the longest steps, requests to the helper and to servers.",
  },
  trace: {
    type: "string",
    value: "FILE",
    help: "Write the same in full to FILE, in Chrome's trace format: open it in https://ui.perfetto.dev or chrome://tracing.",
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
  "cache-from": {
    type: "list",
    value: "CACHE",
    help: "Take what the store does not know from another machine's cache: type=local,src=DIR, or type=registry,ref=NAME[:TAG]. Repeatable.",
  },
  "cache-to": {
    type: "list",
    value: "CACHE",
    help: "Leave what the build used for other machines: type=local,dest=DIR or type=registry,ref=NAME[:TAG], [,mode=min|max][,ignore-error=true]. mode=max has the layers of all stages, mode=min (the default) those of the image. Repeatable.",
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
  locked: {
    type: "bool",
    help: "Take nothing from elsewhere but what oci-build.lock says, which oci-build lock writes: what is not in it, or has changed, is an error.",
  },
  "lock-file": {
    type: "string",
    value: "FILE",
    help: "The lock, instead of oci-build.lock beside the Dockerfile.",
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
  "metadata-file": {
    type: "string",
    value: "FILE",
    help: "Write the digests, the descriptor of the manifest and the names to FILE, as JSON with the keys of docker buildx.",
  },
  output: {
    type: "list",
    short: "o",
    value: "OUTPUT",
    help: "Where the image goes beside the store: oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME], type=oci,dest=FILE, type=oci,tar=false,dest=DIR, type=docker,dest=FILE; docker://REGISTRY/NAME[:TAG] or type=registry[,name=NAME] pushes it. A FILE of - is standard output. Repeatable.",
  },
  push: { type: "bool", help: "Push the image to the registries of its names; the same as -o type=registry." },
  isolation: {
    type: "choice",
    choices: ["auto", "bwrap", "chroot"],
    default: "auto",
    help: "The sandbox for RUN; auto is bwrap for steps run as root, and chroot for other users or where bwrap is missing.",
  },
  network: {
    type: "choice",
    choices: ["default", "none", "host", "private"],
    default: "default",
    help: "The network of a RUN without a --network of its own: the machine's (=default or =host), none, or a private one through pasta or slirp4netns, which reaches what the machine reaches, but not its own services.",
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
} as const;

export const buildExamples: readonly Example[] = [
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
];
