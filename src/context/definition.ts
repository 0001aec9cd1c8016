import { readFile, stat } from "node:fs/promises";
import { basename, isAbsolute, join, relative, resolve } from "node:path";
import { OciBuildError, messageOf, redactUrl, unreachable } from "../errors.ts";
import { fetchFile } from "../fetch/http.ts";
import type { ContextLocation } from "../location/location.ts";
import { isMissing, readIfPresent } from "../store/durable.ts";
import { ignoreFileCandidates, parseIgnoreFile } from "./ignore-file.ts";
import { readInside } from "./inside.ts";
import { type OpenFetching, openTree, SINGLE_FILE } from "./open.ts";
import type { Opened } from "./origin.ts";
import { longestDockerfile, readStdinContext, readStdinText, type StandardInput } from "./stdin.ts";
import type { ContextTree } from "./tree.ts";

/** What the user asks to be built: the Dockerfile's text and the tree that COPY reads. */
export interface Definition {
  /** The Dockerfile as errors name it. */
  readonly file: string;
  readonly text: string;
  readonly context: ContextTree;
}

export interface DefinitionRequest {
  readonly context: ContextLocation;
  /**
   * Path of the Dockerfile, `-` for standard input, or an http(s) URL; without it `Dockerfile`, then `dockerfile`, in the
   * context. A relative path is below the current directory, but within a context that comes from elsewhere.
   */
  readonly file?: string | undefined;
  /** Whether the `.git` of a git context stays when its location does not say. */
  readonly keepGitDir: boolean;
}

export interface DefinitionSources {
  readonly fetching: OpenFetching;
  readonly stdin: StandardInput;
  readonly warn: (message: string) => void;
}

/**
 * Opens the context and reads the Dockerfile and the .dockerignore. As in BuildKit, a .dockerignore counts only in a
 * directory of this machine: a context from elsewhere is taken whole.
 * @throws OciBuildError `context-…`, `dockerfile-…`, `stdin-…`, `ignore-pattern-invalid`, and those of fetching
 */
export async function readDefinition(request: DefinitionRequest, sources: DefinitionSources): Promise<Definition> {
  const { directory, origin } = await openContext(request, sources);
  switch (origin.kind) {
    case "local":
      return localDefinition(directory, request.file, sources);
    case "git":
    case "archive": {
      const { file, text } = await dockerfileOfFetched(directory, request, sources);
      if ((await readInside(directory, ".dockerignore")) !== undefined)
        sources.warn("the .dockerignore of a context from elsewhere does not count, as with docker buildx");
      return { file, text, context: { directory, ignore: [], lasting: isLasting(request), origin } };
    }
    case "file":
    case "dockerfile": {
      if (request.file !== undefined) throw twoDockerfiles(request.file);
      const text = origin.kind === "file" ? await readFile(join(directory, SINGLE_FILE), "utf8") : origin.text;
      return { file: nameOfLone(request.context), text, context: { directory, ignore: [], lasting: false, origin } };
    }
    default:
      return unreachable(origin);
  }
}

function openContext(
  { context, keepGitDir }: DefinitionRequest,
  { fetching, stdin }: DefinitionSources,
): Promise<Opened> {
  if (context.kind === "stdin") return readStdinContext(stdin, fetching);
  return openTree(context, { what: "the build context", keepGitDir, fetching });
}

/** What came on standard input lies in the workspace of this build. */
function isLasting({ context }: DefinitionRequest): boolean {
  return context.kind !== "stdin";
}

/** How errors call a Dockerfile that is the whole context. */
function nameOfLone(context: ContextLocation): string {
  return context.kind === "http" ? redactUrl(context.url) : "Dockerfile";
}

async function localDefinition(
  directory: string,
  file: string | undefined,
  sources: DefinitionSources,
): Promise<Definition> {
  const elsewhere = await dockerfileFromElsewhere(file, sources);
  const path = file === undefined ? await defaultDockerfile(directory) : resolve(file);
  const found = elsewhere ?? { file: file ?? basename(path), text: await readDockerfile(path, file) };
  const ignore = await readIgnore(directory, elsewhere === undefined ? path : undefined);
  return { ...found, context: { directory, ignore, lasting: true, origin: { kind: "local" } } };
}

interface DockerfileText {
  readonly file: string;
  readonly text: string;
}

async function dockerfileOfFetched(
  directory: string,
  { context, file }: DefinitionRequest,
  sources: DefinitionSources,
): Promise<DockerfileText> {
  if (file === "-" && context.kind === "stdin") throw twoDockerfiles(file);
  const elsewhere = await dockerfileFromElsewhere(file, sources);
  if (elsewhere !== undefined) return elsewhere;
  if (file !== undefined && isAbsolute(file)) return { file, text: await readDockerfile(file, file) };
  for (const name of file === undefined ? DEFAULT_NAMES : [file]) {
    const text = await readInside(directory, name);
    if (text !== undefined) return { file: name, text };
  }
  throw new OciBuildError("dockerfile-missing", `there is no ${file ?? "Dockerfile"} in the build context`, {
    hint:
      file === undefined ? "name it with -f FILE" : "a relative path of -f is looked up in a context from elsewhere",
  });
}

const DEFAULT_NAMES = ["Dockerfile", "dockerfile"];

/** A Dockerfile that is no file: standard input or a URL. */
async function dockerfileFromElsewhere(
  file: string | undefined,
  { stdin, fetching }: DefinitionSources,
): Promise<DockerfileText | undefined> {
  if (file === "-") return { file: "Dockerfile", text: await readStdinText(stdin) };
  if (file === undefined || !/^https?:\/\//.test(file)) return undefined;
  const { path } = await fetchFile({ url: file, limit: longestDockerfile }, await fetching());
  return { file: redactUrl(file), text: await readFile(path, "utf8") };
}

async function defaultDockerfile(context: string): Promise<string> {
  for (const name of DEFAULT_NAMES) {
    const path = join(context, name);
    if ((await kindOf(path)) === "file") return path;
  }
  throw new OciBuildError("dockerfile-missing", `there is no Dockerfile in ${context}`, {
    hint: "name it with -f FILE",
  });
}

async function readDockerfile(path: string, asked: string | undefined): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const shown = asked ?? path;
    if (isMissing(error))
      throw new OciBuildError("dockerfile-missing", `the Dockerfile ${shown} does not exist`, {
        hint: "-f is relative to the current directory, not to the context",
      });
    throw new OciBuildError("dockerfile-unreadable", `cannot read the Dockerfile ${shown}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** The patterns of a directory of this machine, of the first ignore file that exists. */
export async function readIgnore(context: string, dockerfile: string | undefined): Promise<readonly string[]> {
  for (const path of ignoreFileCandidates(dockerfile, context)) {
    const text = await readIfPresent(path);
    if (text !== undefined) return parseIgnoreFile(text, relative(context, path));
  }
  return [];
}

function twoDockerfiles(file: string): OciBuildError {
  return new OciBuildError("dockerfile-ambiguous", `the context is itself a Dockerfile, and -f ${file} names another`, {
    hint: "leave -f out, or give a directory or an archive as the context",
  });
}

async function kindOf(path: string): Promise<"file" | "other" | "missing"> {
  try {
    return (await stat(path)).isFile() ? "file" : "other";
  } catch (error) {
    if (isMissing(error)) return "missing";
    throw error;
  }
}
