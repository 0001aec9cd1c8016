import { cpSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Test } from "tap";
import { busyboxLayout } from "../support/bases.ts";
import { checkout } from "../support/checkout.ts";
import { output } from "../support/process.ts";
import { temporaryDirectory } from "../support/temporary.ts";

/** Where an attack aims: most at the machine; some at its network, which only `--network=none` takes away. */
export type Kind = "machine" | "network";

const sources = join(checkout, "test/security/attacks");

/** Names of all attacks of a kind: those of the files that make them. */
export function attacks(kind: Kind): readonly string[] {
  return readdirSync(join(sources, kind)).map((file) => file.replace(/\.\w+$/, ""));
}

/** The root directory of an image with busybox, and in /attacks, as programs, the attacks of some kinds and what else is there. */
export async function attackRoot(t: Test, kinds: readonly Kind[]): Promise<string> {
  const bundle = join(temporaryDirectory(t), "bundle");
  await output(["umoci", "unpack", "--image", `${await busyboxLayout()}:latest`, bundle]);
  const root = join(bundle, "rootfs");
  for (const folder of ["", ...kinds]) await makePrograms(join(sources, folder), join(root, "attacks", folder));
  return root;
}

/** Makes programs of C sources; scripts are programs already. */
async function makePrograms(from: string, to: string): Promise<void> {
  mkdirSync(to);
  for (const { name } of readdirSync(from, { withFileTypes: true }).filter((entry) => entry.isFile())) {
    const [source, program] = [join(from, name), join(to, name.replace(/\.\w+$/, ""))];
    if (name.endsWith(".c"))
      await output(["cc", "-static", "-Os", "-Wall", "-Wextra", "-Werror", "-o", program, source]);
    else if (name.endsWith(".sh")) cpSync(source, program);
  }
  await output(["chmod", "-R", "a+rx", to]);
}

/** An OCI layout, tagged `latest`, of one layer with what `root` holds. */
export async function layoutOf(t: Test, root: string): Promise<string> {
  const directory = temporaryDirectory(t);
  const [tar, layout] = [join(directory, "root.tar"), join(directory, "layout")];
  await output(["tar", "--numeric-owner", "-cf", tar, "-C", root, "."]);
  await output([process.execPath, join(checkout, ".ci/image-from-tar.mjs"), tar, layout]);
  return layout;
}
