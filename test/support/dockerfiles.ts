import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "./checkout.ts";

/** Every Dockerfile of spec-fixtures/, by its path below it. */
export function fixtureDockerfiles(): ReadonlyMap<string, Uint8Array> {
  const folder = join(checkout, "spec-fixtures");
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) =>
    /(^|\/)Dockerfile$/.test(path),
  );
  return new Map(paths.sort().map((path) => [path, readFileSync(join(folder, path))]));
}
