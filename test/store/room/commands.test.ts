import { mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { shellLayout } from "../../support/bases.ts";
import { output } from "../../support/process.ts";
import { type Project, project, stepsWith } from "../../support/project.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { giveTo, mayBeRoot, type UserName } from "../../support/users.ts";

interface Line {
  readonly kind: string;
  readonly name: string;
  readonly need: string;
  readonly size: number;
}

const dockerfile = `FROM base
RUN mkdir /made && echo made > /made/it && chown -R 1000:1000 /made && chmod 0 /made
COPY file /file
RUN --mount=type=cache,target=/cache echo kept > /cache/it
`;

interface Work extends Project {
  make(args?: readonly string[], env?: Readonly<Record<string, string>>): Promise<string>;
  du(): Promise<readonly Line[]>;
}

async function work(t: Test, as: UserName): Promise<Work> {
  const directory = temporaryDirectory(t, as);
  const layout = await shellLayout(directory);
  giveTo(as, directory);
  const p = project(t, { Dockerfile: dockerfile, file: "1" }, as);
  return {
    ...p,
    make: async (args = [], env = {}) => {
      const ended = await p.build(["--build-context", `base=oci-layout://${layout}:latest`, ...args], { env });
      t.equal(ended.code, 0, ended.stderr);
      return ended.stderr;
    },
    du: async () => {
      const { stdout } = await p.command("du", ["--verbose", "--format", "json"]);
      return stdout
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Line);
    },
  };
}

/** What skopeo copies out of the store has every blob, each right. */
async function mustBeWhole(t: Test, { store }: Project, name: string): Promise<void> {
  const to = join(temporaryDirectory(t), "copy");
  await output(["skopeo", "copy", "--quiet", "--insecure-policy", `oci:${store}:${name}`, `dir:${to}`]);
}

t.test("prune removes as much as it is asked to, and images with a name stay whole", async (t) => {
  if (!mayBeRoot(t)) return;
  const p = await work(t, "ocib-subids");
  await p.make(["-t", "app"]);
  p.write({ file: "2" });
  await p.make(["-t", "app"]);
  const before = await p.du();
  t.ok(
    before.some(({ need }) => need === "nothing"),
    "the documents of the image that lost its name",
  );
  t.match((await p.command("images")).stdout, /<none>/);

  t.match(await p.command("prune"), { code: 0, stdout: /^Total reclaimed space: [1-9.]+kB\n$/ });
  t.notMatch((await p.command("images")).stdout, /<none>/);
  t.same(
    (await p.du()).filter(({ need }) => need === "nothing"),
    [],
  );
  t.equal(stepsWith("CACHED", await p.make(["-t", "app"])).length, 4, "the cache is as it was");
  t.match((await p.command("prune", ["--filter", "until=1h"])).stdout, "Total reclaimed space: 0B\n");
  // The documents of a base image in a layout are read anew by each build, and of no use afterwards.
  t.match((await p.command("prune", ["--keep-storage", "1GB"])).stdout, /^Total reclaimed space: (0B|8.19kB)\n$/);

  const all = await p.command("prune", ["--all", "--verbose"]);
  t.match(all, { code: 0, stdout: /^removed cache mount \/cache$/m });
  t.match(all.stdout, /^removed layer layers\/[0-9a-f]{64}$/m);
  t.same([...new Set((await p.du()).map(({ need }) => need))], ["tag"]);
  t.same(readdirSync(join(p.store, "layers")), [".ids"]);
  await mustBeWhole(t, p, "docker.io/library/app:latest");
  t.equal(stepsWith("DONE", await p.make(["-t", "app"])).length, 3, "every step runs again");
  await p.command("rmi", ["app"]);
  await p.command("prune", ["-a", "--force"]);
  t.same(await p.du(), []);
});

t.test("a wrong line of prune is refused, and says what is right", async (t) => {
  const p = project(t, {});
  const rows: readonly (readonly [args: readonly string[], message: RegExp])[] = [
    [["--filter", "label=x"], /--filter label is not supported/],
    [["--filter", "until=soon"], /--filter until=soon is neither an age nor a time/],
    [["--keep-storage", "much"], /--keep-storage much is not a size/],
    [["--all", "--keep-storage", "1GB"], /--all and --keep-storage exclude each other/],
    [["--min-free-space", "1GB"], /--min-free-space is not supported yet/],
  ];
  for (const [args, message] of rows) t.match(await p.command("prune", args), { code: 2, stderr: message });
});

t.test("a build clears the store as the configuration says", async (t) => {
  if (!mayBeRoot(t)) return;
  const p = await work(t, "ocib-subids");
  const config = join(temporaryDirectory(t), "config.json");
  const configure = (text: string): Readonly<Record<string, string>> => {
    writeFileSync(config, text);
    return { OCI_BUILD_CONFIG: config };
  };
  await p.make(["-t", "app"], configure(`{"gc": false}`));
  const small = configure(`{"gc": {"keepStorage": "1kB"}}`);
  p.write({ file: "2" });
  await p.make(["-t", "app"], small);
  const ofTheBuild = (await p.du()).filter(({ kind }) => kind === "layer").length;
  t.ok(ofTheBuild >= 4, "what the build itself used stays");
  p.write({ file: "3" });
  await p.make(["-t", "app"], small);
  t.notMatch((await p.command("images")).stdout, /<none>/, "the image of the first build is gone");
  const files = (await p.du()).filter(({ kind }) => kind === "layer").length;
  t.equal(files, ofTheBuild, "the layer that only earlier builds used is gone");
  await mustBeWhole(t, p, "docker.io/library/app:latest");

  const old = new Date(Date.now() - 40 * 86_400_000);
  for (const name of readdirSync(join(p.store, "steps"))) utimesSync(join(p.store, "steps", name), old, old);
  utimesSync(join(p.store, "locks/collected"), old, old);
  p.write({ Dockerfile: "FROM base\nCOPY file /\n" });
  await p.make([], configure(`{"gc": {"unusedFor": "30d"}}`));
  t.equal(readdirSync(join(p.store, "steps")).length, 1, "records that no build has read for a month are gone");
});

t.test("a configuration that means nothing is refused by name", async (t) => {
  const p = project(t, { Dockerfile: "FROM scratch\nLABEL a=b\n" });
  const home = temporaryDirectory(t);
  mkdirSync(join(home, "oci-build"));
  const rows: readonly (readonly [text: string, message: RegExp])[] = [
    [`{"gc": {"keep": "1GB"}}`, /config\.json is not valid: gc\.keep means nothing; there is unusedFor, keepStorage/],
    [`{"color": true}`, /color means nothing; there is gc/],
    [`{"gc": {"keepStorage": "much"}}`, /gc\.keepStorage is not like "20GB"/],
    [`{"gc": {"unusedFor": 30}}`, /gc\.unusedFor is not a string/],
    [`{`, /it is not JSON/],
  ];
  for (const [text, message] of rows) {
    writeFileSync(join(home, "oci-build/config.json"), text);
    t.match(await p.build([], { env: { XDG_CONFIG_HOME: home, OCI_BUILD_CONFIG: "" } }), { code: 1, stderr: message });
  }
});
