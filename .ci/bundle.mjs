// Bundles the command line into dist/cli.js and dist/chunks/: reading few files is most of a quick start. What is imported
// lazily stays in chunks of its own. Then takes away compiled files whose source is gone, so that no stale test runs.
import { build } from "esbuild";
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const { version } = JSON.parse(readFileSync("package.json", "utf8"));

rmSync("dist/chunks", { recursive: true, force: true });
await build({
  entryPoints: [{ in: "src/cli/main.ts", out: "cli" }],
  outdir: "dist",
  chunkNames: "chunks/[name]-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  sourcemap: "linked",
  sourcesContent: false,
  legalComments: "none",
  logLevel: "warning",
  define: { OCI_BUILD_VERSION: JSON.stringify(version) },
  // CommonJS packages in the bundle call require() for Node's own modules.
  banner: {
    js: 'import { createRequire as bundleRequire } from "node:module"; const require = bundleRequire(import.meta.url);',
  },
});
addShebang("dist/cli.js");

for (const folder of ["src", "test", "bench"]) removeOrphans(folder);
writeFileSync("dist/.built", "");

/** One line more: the source map moves with it. */
function addShebang(file) {
  const program = readFileSync(file, "utf8");
  const map = JSON.parse(readFileSync(`${file}.map`, "utf8"));
  writeFileSync(file, `#!/usr/bin/env node\n${program}`);
  writeFileSync(`${file}.map`, JSON.stringify({ ...map, mappings: `;${map.mappings}` }));
  chmodSync(file, 0o755);
}

function removeOrphans(folder) {
  const compiled = join("dist", folder);
  if (!existsSync(compiled)) return;
  for (const name of readdirSync(compiled, { recursive: true })) {
    const source = join(folder, name.replace(/(\.d\.ts|\.js|\.js\.map)$/, ".ts"));
    if (/\.(ts|js|map)$/.test(name) && !existsSync(source)) rmSync(join(compiled, name));
  }
}
