import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startBasesWithDebian } from "../test/support/bases.ts";
import { isRoot } from "../test/support/checkout.ts";
import { ociBuild } from "../test/support/cli.ts";
import { seenTree, umociTree } from "../test/support/seen-tree.ts";
import { temporaryDirectory, type Lifetime } from "../test/support/temporary.ts";
import { differences } from "../test/support/tree.ts";
import { withLifetime } from "./lifetime.ts";
import { successful } from "./successful.ts";

/**
 * Installs more than 300 packages on the Debian base, and compares the tree that umoci unpacks from the image with the one
 * that a process in it sees. No measurement, but too long for the tests; it needs root and the Debian mirror.
 */
const wanted = [
  "build-essential",
  "cmake",
  "ffmpeg",
  "git",
  "imagemagick",
  "nginx",
  "php-cli",
  "postgresql",
  "vim-nox",
];
const count = "dpkg-query --showformat . --show | wc -c";

if (!isRoot) throw new Error("this check needs root, to see owners as they are");
await withLifetime(main);

async function main(lifetime: Lifetime): Promise<void> {
  const { debian } = await startBasesWithDebian(lifetime);
  const directory = temporaryDirectory(lifetime);
  const [context, store, layout] = ["context", "store", "layout"].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(context);
  const install = `apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ${wanted.join(" ")}`;
  writeFileSync(join(context, "Dockerfile"), `FROM ${debian}\nRUN ${install}\nRUN ${count} > /count\n`);
  await successful(ociBuild(["build", "--root", store, "--output", `oci:${layout}`, "--tag", "packages", context]));
  const packages = await successful(ociBuild(["run", "--root", store, "--rm", "packages", "cat", "/count"]));
  const seen = await seenTree(lifetime, store, `${layout}:latest`);
  const differing = differences(await umociTree(lifetime, `${layout}:latest`), seen);
  const found = differing.filter((line) => !line.startsWith(".: "));
  for (const line of found) console.log(line);
  console.log(`${packages.stdout.trim()} packages, ${seen.length} entries, ${found.length} differences`);
  if (Number(packages.stdout) < 300 || found.length > 0) process.exitCode = 1;
}
