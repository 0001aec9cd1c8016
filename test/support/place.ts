import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Test } from "tap";
import { type CliOptions, ociBuild } from "./cli.ts";
import { type LayerEntry, layerEntries } from "./layers.ts";
import type { Ended } from "./process.ts";
import { temporaryDirectory } from "./temporary.ts";
import { giveTo, type UserName } from "./users.ts";

/** A directory of a test's own with a store, for builds whose contexts are told by the test. */
export interface Place {
  readonly directory: string;
  /** Builds a context and gives what its layers hold. */
  entries(args: readonly string[], options?: CliOptions): Promise<Readonly<Record<string, LayerEntry>>>;
  build(args: readonly string[], options?: CliOptions): Promise<Ended>;
  /** Files of a directory of this name; a value that begins with `->` makes a link. */
  files(name: string, files: Readonly<Record<string, string>>): string;
}

/** @param as who builds */
export function place(t: Test, as: UserName): Place {
  const directory = temporaryDirectory(t, as);
  let count = 0;
  const self: Place = {
    directory,
    build: (args, options) =>
      ociBuild(["build", "--progress", "plain", "--root", join(directory, "store"), ...args], {
        as,
        cwd: directory,
        ...options,
      }),
    entries: async (args, options) => {
      count += 1;
      const layout = join(directory, `layout-${count}`);
      const { code, stderr } = await self.build(["-o", `oci:${layout}`, ...args], options);
      t.equal(code, 0, stderr);
      return layerEntries(layout);
    },
    files: (name, files) => {
      for (const [path, content] of Object.entries(files)) {
        const file = join(directory, name, path);
        mkdirSync(join(file, ".."), { recursive: true });
        if (content.startsWith("->")) symlinkSync(content.slice(2), file);
        else writeFileSync(file, content);
      }
      giveTo(as, join(directory, name));
      return join(directory, name);
    },
  };
  return self;
}

/** What files contain and links lead to, by path. */
export function contents(entries: Readonly<Record<string, LayerEntry>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(entries).map(([path, { is }]) => [path, is]));
}
