import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ignore from "ignore";
import { findHelper } from "../src/helper/find.ts";
import { openSession } from "../src/helper/session.ts";
import { temporaryDirectory } from "../test/support/temporary.ts";
import { measureInTurns, versionOf } from "./rounds.ts";

/** How long it takes to find out which of 100,000 files a .dockerignore with ten patterns leaves in the context. */
const patterns = [
  "**/*.log",
  "**/*.tmp",
  "**/cache",
  "build/*/out",
  "d1?/f*",
  "**/[a-c]*.bak",
  "*.md",
  "**/*.txt",
  "d2*/**/f1*",
  "!**/keep.txt",
];
const endings: (() => unknown)[] = [];
const root = temporaryDirectory({ teardown: (action) => endings.unshift(action) });
const paths = writeTree(root);

interface DockerIgnore {
  add(patterns: readonly string[]): DockerIgnore;
  filter(paths: readonly string[]): string[];
}
const dockerIgnore = createRequire(import.meta.url)("@balena/dockerignore") as () => DockerIgnore;

const session = await openSession({ helper: findHelper(), namespace: false, stdio: "none" });
endings.unshift(() => session.close());
const selection = { root, sources: ["."], exclude: [], ignore: patterns, parents: false };
await measureInTurns("ignore", [
  {
    name: "oci-build: walk the tree, match, digest the ten files that are left",
    round: () => timed(() => session.call("digest", { selection, ownership: false })),
  },
  { name: "GNU find: walk the tree", round: () => timed(() => execFileSync("find", [root, "-name", "keep.txt"])) },
  {
    name: `@balena/dockerignore ${versionOf("@balena/dockerignore")}: match, without a walk`,
    round: () => timed(() => dockerIgnore().add(patterns).filter(paths)),
  },
  {
    name: `ignore ${versionOf("ignore")}: match, without a walk`,
    round: () => timed(() => ignore().add(patterns).filter(paths)),
  },
]);
for (const end of endings) await end();

async function timed(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** A hundred directories of ten directories of a hundred files, and ten more files that are kept. */
function writeTree(directory: string): readonly string[] {
  const written: string[] = [];
  for (let outer = 0; outer < 100; outer += 1)
    for (let inner = 0; inner < 10; inner += 1) {
      mkdirSync(join(directory, `d${outer}/e${inner}`), { recursive: true });
      for (let file = 0; file < 100; file += 1) written.push(`d${outer}/e${inner}/f${file}.txt`);
      if (outer === 0) written.push(`d0/e${inner}/keep.txt`);
    }
  for (const path of written) writeFileSync(join(directory, path), "");
  return written;
}
