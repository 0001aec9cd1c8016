import { posix } from "node:path";

/** WORKDIR: joins a path to the current directory and cleans it; empty means the current one. */
export function joinWorkdir(current: string, path: string): string {
  return withoutSlash(posix.resolve("/", current, path));
}

/** The destination of COPY, absolute and clean; a slash or `/.` at its end is kept as a slash, because it says "directory". */
export function joinDestination(workdir: string, path: string): string {
  const joined = joinWorkdir(workdir, path);
  return isDirectory(path) && joined !== "/" ? `${joined}/` : joined;
}

/** Whether a destination says by its spelling that it is a directory. */
export function isDirectory(path: string): boolean {
  return path === "" || path === "." || path === ".." || path.endsWith("/") || path.endsWith("/.") || path.endsWith("/..");
}

function withoutSlash(path: string): string {
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}
