/** Reads the Dockerfile that is named behind the program's name, and prints how many seconds it took. */
import { readFileSync } from "node:fs";
import { reportChecks } from "../src/checks/report.ts";
import { parseDockerfile } from "../src/instructions/dockerfile.ts";

const [program, file = ""] = process.argv.slice(2);
const text = readFileSync(file, "utf8");
const platform = { os: "linux", architecture: "amd64" };
if (program === "oci-build") {
  const start = performance.now();
  const dockerfile = parseDockerfile("Dockerfile", text);
  const options = { buildArgs: new Map<string, string>(), platform, buildPlatform: platform };
  const { findings } = reportChecks(dockerfile, options, { images: () => undefined, ignore: [] });
  if (findings.length === 0) throw new Error("nothing was found");
  console.log((performance.now() - start) / 1000);
} else {
  const { DockerfileParser } = await import("dockerfile-ast");
  const start = performance.now();
  if (DockerfileParser.parse(text).getInstructions().length === 0) throw new Error("nothing was read");
  console.log((performance.now() - start) / 1000);
}
