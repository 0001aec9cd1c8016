import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Test } from "tap";
import { output } from "./process.ts";
import type { Project } from "./project.ts";
import { temporaryDirectory } from "./temporary.ts";
import { describeTree, type TreeEntry } from "./tree.ts";

const letters = { file: "f", directory: "d", symlink: "l", fifo: "p", socket: "s", character: "c", block: "b" };

/** The file system of an image, unpacked by umoci: one short line for each path. Root only. */
export interface ImageTree {
  /** E.g. `f 644 0:0 content`, `d 755 0:0`, `l 0:0 target`; `none` for a path that does not exist. */
  show(path: string): string;
  /** Names directly below a directory. */
  names(directory: string): readonly string[];
  readonly entries: readonly TreeEntry[];
}

/** Builds a project, which must succeed, and unpacks the image that came of it. */
export async function builtTree(t: Test, p: Project, args: readonly string[] = []): Promise<ImageTree> {
  const layout = join(temporaryDirectory(t, p.as), "layout");
  const { code, stderr } = await p.build([...args, "-o", `oci:${layout}:1`]);
  t.equal(code, 0, stderr);
  return layoutTree(t, layout);
}

/** Unpacks the image `1` of an OCI layout. */
export async function layoutTree(t: Test, layout: string): Promise<ImageTree> {
  const bundle = join(temporaryDirectory(t), "bundle");
  await output(["umoci", "unpack", "--image", `${layout}:1`, bundle]);
  const rootfs = join(bundle, "rootfs");
  const entries = await describeTree(rootfs);
  const byPath = new Map(entries.map((entry) => [entry.path, entry]));
  return {
    entries,
    show: (path) => {
      const entry = byPath.get(path);
      if (entry === undefined) return "none";
      const { kind, mode, uid, gid, target } = entry;
      const content = kind === "file" ? readFileSync(join(rootfs, path), "utf8").trimEnd() : (target ?? "");
      const permissions = kind === "symlink" ? [] : [mode.toString(8)];
      return [letters[kind], ...permissions, `${uid}:${gid}`, content].join(" ").trimEnd();
    },
    names: (directory) => {
      const prefix = directory === "." ? "" : `${directory}/`;
      const below = entries.map(({ path }) => path).filter((path) => path.startsWith(prefix) && path !== ".");
      return below.map((path) => path.slice(prefix.length)).filter((name) => !name.includes("/"));
    },
  };
}
