import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { OciBuildError } from "../errors.ts";

const NAME = "oci-build-helper";

/**
 * Path of the helper program: `OCI_BUILD_HELPER`, else the platform package that npm installed
 * (`@oci-build/linux-x64`), else the one that `npm run build` left in a source checkout's `dist`.
 * @throws OciBuildError `helper-missing`
 */
export function findHelper(environment: NodeJS.ProcessEnv = process.env): string {
  const asked = environment["OCI_BUILD_HELPER"];
  if (asked !== undefined && asked !== "") {
    if (existsSync(asked)) return asked;
    throw new OciBuildError("helper-missing", `OCI_BUILD_HELPER names ${asked}, which does not exist`);
  }
  const found = inPlatformPackage() ?? inCheckout();
  if (found !== undefined) return found;
  throw new OciBuildError("helper-missing", `the native helper for ${platformPackage()} is not installed`, {
    hint: `install the package ${platformPackage()}, or run \`npm run build\` in a source checkout, or set OCI_BUILD_HELPER`,
  });
}

function platformPackage(): string {
  return `@oci-build/${process.platform}-${process.arch}`;
}

function inPlatformPackage(): string | undefined {
  try {
    const manifest = createRequire(import.meta.url).resolve(`${platformPackage()}/package.json`);
    return existing(join(dirname(manifest), NAME));
  } catch {
    return undefined;
  }
}

/** Walks up from this module: it runs as dist/cli.js, dist/chunks/*.js or dist/src/helper/find.js. */
function inCheckout(): string | undefined {
  let directory = dirname(fileURLToPath(import.meta.url));
  for (let depth = 0; depth < 4; depth += 1) {
    const found = existing(join(directory, NAME));
    if (found !== undefined) return found;
    directory = dirname(directory);
  }
  return undefined;
}

function existing(path: string): string | undefined {
  return existsSync(path) ? path : undefined;
}
