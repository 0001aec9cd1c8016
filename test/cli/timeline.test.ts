import { readFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import type { BuildResult } from "../../src/build.ts";
import { OciBuildError } from "../../src/errors.ts";
import { parseDigest } from "../../src/oci/digest.ts";
import { span } from "../../src/progress/span.ts";
import { type Ended, runWithFakes } from "./run-with-fakes.ts";

const digest = parseDigest(`sha256:${"a".repeat(64)}`);
const result: BuildResult = {
  digest,
  manifest: { mediaType: "x/y", digest, size: 1 },
  imageId: digest,
  size: 1,
  names: [],
};

function build(flags: readonly string[], fails = false): Promise<Ended> {
  const work = async (): Promise<BuildResult> => {
    if (fails) throw new OciBuildError("run-failed", "the step failed");
    return result;
  };
  return runWithFakes(["build", ...flags, "."], { engine: { build: () => span("phase", "steps", work) } });
}

t.test("--timings tells at the end where the time went", async (t) => {
  const { stderr, code } = await build(["--timings"]);
  t.equal(code, 0);
  t.match(stderr, /^where the time went \(\d+\.\d{3} s\):\n.*Node and reading the program\n.* s {2}steps\n$/ms);
});

t.test("nothing is told when nobody asks", async (t) => {
  t.notMatch((await build([])).stderr, /time went/);
});

t.test("--trace writes its file also when the build fails", async (t) => {
  const file = join(t.testdir(), "trace.json");
  const { code } = await build(["--trace", file], true);
  t.equal(code, 1);
  const { traceEvents } = JSON.parse(await readFile(file, "utf8")) as { traceEvents: { name: string }[] };
  t.same(
    traceEvents.map(({ name }) => name),
    ["thread_name", "steps"],
  );
});

t.test("a trace that cannot be written is an error that names the file", async (t) => {
  const { stderr, code } = await build(["--trace", "/no/such/directory/trace.json"]);
  t.equal(code, 1);
  t.match(stderr, /the trace cannot be written to \/no\/such\/directory\/trace\.json/);
});
