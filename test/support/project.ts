import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Test } from "tap";
import { type CliOptions, ociBuild, startOciBuild } from "./cli.ts";
import type { Ended, Running } from "./process.ts";
import { temporaryDirectory } from "./temporary.ts";
import { giveTo, type UserName } from "./users.ts";

export type Files = Readonly<Record<string, string>>;

/** A build context and a store of a test's own, and the built program to work on them. */
export interface Project {
  readonly context: string;
  readonly store: string;
  readonly as: UserName;
  /** Writes files into the context; a value ends up as the file's content. */
  write(files: Files): void;
  remove(path: string): void;
  /** `oci-build build --progress plain --root STORE ARGS CONTEXT` */
  build(args?: readonly string[], options?: CliOptions): Promise<Ended>;
  startBuild(args?: readonly string[]): Running;
  /** Any other command on the same store: its name, of one or two words, `--root STORE`, then the rest. */
  command(name: string, args?: readonly string[], options?: CliOptions): Promise<Ended>;
  startCommand(name: string, args?: readonly string[], options?: CliOptions): Running;
  /** Digest of the manifest that a name points to. */
  digestOf(name: string): string | undefined;
}

export function project(t: Test, files: Files, as: UserName = "self"): Project {
  const directory = temporaryDirectory(t, as);
  const [context, store] = [join(directory, "context"), join(directory, "store")];
  const buildArgs = (args: readonly string[]): string[] => [
    "build",
    "--progress",
    "plain",
    "--root",
    store,
    ...args,
    context,
  ];
  const self: Project = {
    context,
    store,
    as,
    write: (more) => {
      for (const [path, content] of Object.entries(more)) {
        mkdirSync(dirname(join(context, path)), { recursive: true });
        writeFileSync(join(context, path), content);
      }
      giveTo(as, context);
    },
    remove: (path) => rmSync(join(context, path), { recursive: true }),
    build: (args = [], options = {}) => ociBuild(buildArgs(args), { as, ...options }),
    startBuild: (args = []) => startOciBuild(buildArgs(args), { as }),
    command: (name, args = [], options = {}) =>
      ociBuild([...name.split(" "), "--root", store, ...args], { as, ...options }),
    startCommand: (name, args = [], options = {}) =>
      startOciBuild([...name.split(" "), "--root", store, ...args], { as, ...options }),
    digestOf: (name) => {
      const index = JSON.parse(readFileSync(join(store, "index.json"), "utf8")) as {
        manifests: { digest: string; annotations?: Record<string, string> }[];
      };
      return index.manifests.find((m) => m.annotations?.["org.opencontainers.image.ref.name"] === name)?.digest;
    },
  };
  mkdirSync(context);
  self.write(files);
  return self;
}

/** Titles of the steps that plain progress shows with an outcome, e.g. `CACHED`, `DONE`. */
export function stepsWith(outcome: string, stderr: string): readonly string[] {
  const titles = new Map<string, string>();
  const found: string[] = [];
  for (const line of stderr.split("\n")) {
    const [, id = "", rest = ""] = /^#(\d+) (.*)$/.exec(line) ?? [];
    if (rest.startsWith("[")) titles.set(id, rest);
    else if (rest.startsWith(outcome)) found.push(titles.get(id) ?? id);
  }
  return found;
}
