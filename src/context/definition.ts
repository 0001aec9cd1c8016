import { readFile, realpath, stat } from "node:fs/promises";
import { basename, join, relative, resolve } from "node:path";
import { text as readAll } from "node:stream/consumers";
import { OciBuildError, messageOf } from "../errors.ts";
import { isMissing, readIfPresent } from "../store/durable.ts";
import { ignoreFileCandidates, parseIgnoreFile } from "./ignore-file.ts";

/** What the user asks to be built: the Dockerfile's text and the directory that COPY reads. */
export interface Definition {
  /** The Dockerfile as errors name it. */
  readonly file: string;
  readonly text: string;
  /** The context: absolute, without symbolic links. */
  readonly directory: string;
  /** Cleaned .dockerignore patterns. */
  readonly ignore: readonly string[];
}

/**
 * Reads the Dockerfile and the .dockerignore of a context directory.
 * @param file path of the Dockerfile; `-` is standard input; without it `Dockerfile`, then `dockerfile`, as BuildKit
 * @throws OciBuildError `context-missing`, `context-not-a-directory`, `dockerfile-missing`
 */
export async function readDefinition(contextPath: string, file: string | undefined): Promise<Definition> {
  const directory = await contextDirectory(contextPath);
  if (file === "-")
    return {
      file: "Dockerfile",
      text: await readAll(process.stdin),
      directory,
      ignore: await readIgnore(directory, undefined),
    };
  const path = file === undefined ? await defaultDockerfile(directory, contextPath) : resolve(file);
  const text = await readDockerfile(path, file);
  return { file: file ?? nameOf(path), text, directory, ignore: await readIgnore(directory, path) };
}

async function contextDirectory(path: string): Promise<string> {
  try {
    if ((await stat(path)).isDirectory()) return await realpath(path);
  } catch (error) {
    if (isMissing(error)) throw new OciBuildError("context-missing", `the build context ${path} does not exist`);
    throw new OciBuildError("context-unreadable", `cannot read the build context ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  throw new OciBuildError("context-not-a-directory", `the build context ${path} is not a directory`, {
    hint: "give the directory that COPY should read, and the Dockerfile with -f",
  });
}

async function defaultDockerfile(context: string, shown: string): Promise<string> {
  for (const name of ["Dockerfile", "dockerfile"]) {
    const path = join(context, name);
    if ((await kindOf(path)) === "file") return path;
  }
  throw new OciBuildError("dockerfile-missing", `there is no Dockerfile in ${shown}`, { hint: "name it with -f FILE" });
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

async function readIgnore(context: string, dockerfile: string | undefined): Promise<readonly string[]> {
  for (const path of ignoreFileCandidates(dockerfile, context)) {
    const text = await readIfPresent(path);
    if (text !== undefined) return parseIgnoreFile(text, relative(context, path));
  }
  return [];
}

function nameOf(path: string): string {
  return basename(path);
}

async function kindOf(path: string): Promise<"file" | "other" | "missing"> {
  try {
    return (await stat(path)).isFile() ? "file" : "other";
  } catch (error) {
    if (isMissing(error)) return "missing";
    throw error;
  }
}
