import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { startBases } from "../support/bases.ts";
import { digestOf } from "../../src/oci/hash.ts";
import { output } from "../support/process.ts";
import { type Project, project, stepsWith } from "../support/project.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { mayBeRoot } from "../support/users.ts";

/** Each RUN makes something that no other run of it makes: what is the same was not made again. */
const dockerfile = (base: string): string => `FROM ${base} AS tools
RUN cat /proc/sys/kernel/random/uuid > /tool
FROM ${base}
RUN cat /proc/sys/kernel/random/uuid > /id
COPY --from=tools /tool /usr/tool
COPY --link --chown=root:root a.txt /a.txt
RUN cat /a.txt /usr/tool > /both
`;

const { busybox, registry } = await startBases(t);
const files = { Dockerfile: dockerfile(busybox), "a.txt": "one\n" };

/** Builds well on a machine of its own, and answers the image and the steps that ran there. */
async function built(t: Test, machine: Project, args: readonly string[]): Promise<Built> {
  const { code, stderr } = await machine.build(["-t", "app", ...args]);
  t.equal(code, 0, stderr);
  const ran = stepsWith("DONE", stderr).filter((title) => /\] (RUN|COPY)/.test(title));
  return { image: machine.digestOf("docker.io/library/app:latest"), ran, stderr };
}

interface Built {
  readonly image: string | undefined;
  readonly ran: readonly string[];
  readonly stderr: string;
}

function cacheIn(t: Test): { readonly directory: string; readonly to: string; readonly from: string } {
  const directory = join(temporaryDirectory(t), "cache");
  return { directory, to: `type=local,dest=${directory}`, from: `type=local,src=${directory}` };
}

/** Digests of the layers that the records of a cache name. */
function layersOf(directory: string): readonly string[] {
  const blobs = join(directory, "blobs/sha256");
  return readdirSync(blobs)
    .filter((name) => statSync(join(blobs, name)).size > 2 && readFileSync(join(blobs, name))[0] === 0x1f)
    .map((name) => join(blobs, name));
}

t.test("an empty machine builds from another one's cache without running anything", async (t) => {
  const { directory, to, from } = cacheIn(t);
  const first = await built(t, project(t, files), ["--cache-to", `${to},mode=max`]);
  t.equal(first.ran.length, 5, "the first machine has run everything");
  const second = await built(t, project(t, files), ["--cache-from", from, "--cache-to", `${to},mode=max`]);
  t.same(second.ran, [], "the second nothing, not even for COPY --from and its accounts");
  t.equal(second.image, first.image, "and has the same image");
  const pulled = new Set(second.stderr.match(/pull local cache \S+ layer \S+/g));
  t.equal(pulled.size, 4, "of the five layers it fetched those of the image, and not that of the other stage");

  const changed = project(t, { ...files, "a.txt": "two\n" });
  const third = await built(t, changed, ["--cache-from", from]);
  t.same(
    third.ran.map((title) => title.replace(/^\[.*?\] /, "").split(" ")[0]),
    ["COPY", "RUN"],
    "a changed file runs what depends on it, on top of layers from the cache",
  );
  t.same((await built(t, changed, ["--cache-from", from])).ran, [], "and the next build there runs nothing");

  const [tag = ""] = tagsOf(directory);
  const copy = join(temporaryDirectory(t), "copy");
  await output(["skopeo", "copy", "-q", `oci:${directory}:${tag}`, `oci:${copy}:${tag}`]);
  t.ok(statSync(copy).isDirectory(), "skopeo copies a record like any image");
});

t.test("mode=min keeps the layers of the image only, and nothing that the build was given", async (t) => {
  const { directory, to, from } = cacheIn(t);
  const text = `FROM ${busybox}\nARG TOKEN\nRUN --mount=type=secret,id=s test -n "$TOKEN" && cat /run/secrets/s >/dev/null\n`;
  const machine = project(t, { Dockerfile: text });
  writeFileSync(join(machine.context, "../secret"), "hunter2-secret");
  const args = ["--build-arg", "TOKEN=hunter2-argument", "--secret", `id=s,src=${join(machine.context, "../secret")}`];
  await built(t, machine, [...args, "--cache-to", to]);
  const found = readAll(directory).includes("hunter2");
  t.notOk(found, "neither an argument nor a secret travels");

  const stages = cacheIn(t);
  await built(t, project(t, files), ["--cache-to", stages.to]);
  t.equal(layersOf(stages.directory).length, 4, "the other stage's layer stays at home");
  const { ran } = await built(t, project(t, files), ["--cache-from", stages.from, "--cache-from", from]);
  t.match(ran, [/tools.*RUN/], "so that stage runs again first");
});

t.test("writers beside each other lose nothing", async (t) => {
  const { directory, to, from } = cacheIn(t);
  const machines = Array.from({ length: 8 }, (_, i) =>
    project(t, { Dockerfile: `FROM ${busybox}\nRUN cat /proc/sys/kernel/random/uuid > /${i}\n` }),
  );
  const images = await Promise.all(machines.map((machine) => built(t, machine, ["--cache-to", to])));
  t.equal(tagsOf(directory).length, 8, "every record is there");
  for (const [i, { image }] of [...images.entries()].filter(([number]) => number % 3 === 0)) {
    const other = project(t, { Dockerfile: readFileSync(join(machines[i]?.context ?? "", "Dockerfile"), "utf8") });
    const again = await built(t, other, ["--cache-from", from]);
    t.same([again.ran, again.image], [[], image], `what machine ${i} made is found`);
  }
});

t.test("a broken cache is told of, and the build goes well without it", async (t) => {
  const zeroes = (file: string): void => writeFileSync(file, Buffer.alloc(statSync(file).size, 0));
  const damages: Readonly<Record<string, (directory: string) => void>> = {
    "a layer cut off": (directory) => layersOf(directory).forEach((file) => truncateSync(file, 20)),
    "a layer with other bytes": (directory) => layersOf(directory).forEach(zeroes),
    "no layers": (directory) => layersOf(directory).forEach((file) => rmSync(file)),
    "no index": (directory) => rmSync(join(directory, "index.json")),
    "an index that is no JSON": (directory) => writeFileSync(join(directory, "index.json"), "{"),
    "records with other bytes": (directory) => recordsOf(directory).forEach(zeroes),
    "records of other keys": (directory) => turnTags(directory),
    "another program's manifests": (directory) => foreign(directory),
    "layers of other steps": (directory) => swapLayers(directory),
    "a directory for a layer": (directory) => layersOf(directory).forEach((file) => (rmSync(file), mkdirSync(file))),
  };
  const { directory: whole, to } = cacheIn(t);
  const text = `FROM ${busybox}\nRUN cat /proc/sys/kernel/random/uuid > /id\nRUN cat /id > /copy\n`;
  await built(t, project(t, { Dockerfile: text }), ["--cache-to", `${to},mode=max`]);
  for (const [what, damage] of Object.entries(damages))
    await t.test(what, async (t) => {
      const { directory, from } = cacheIn(t);
      cpSync(whole, directory, { recursive: true });
      damage(directory);
      const machine = project(t, { Dockerfile: text });
      const { ran, stderr, image } = await built(t, machine, ["--cache-from", from]);
      t.same(new Set(ran.map((title) => title.slice(0, 9))).size > 0, true, "the steps ran");
      const warnings = stderr.match(/local cache [^\n]* is not used/g) ?? [];
      t.equal(warnings.length, /no layers|cut off|a directory/.test(what) ? 0 : 1, stderr);
      const layout = join(temporaryDirectory(t), "layout");
      const again = await built(t, machine, ["-o", `oci:${layout}:1`]);
      if (mayBeRoot(t)) await output(["umoci", "unpack", "--image", `${layout}:1`, `${layout}-unpacked`]);
      t.same([again.ran, again.image], [[], image], "and nothing wrong is left in the store");
    });
});

t.test("a registry carries a cache for any number of machines", async (t) => {
  const ref = `${registry}/team/cache:main`;
  const to = `type=registry,ref=${ref},mode=max`;
  const first = await built(t, project(t, files), ["--cache-to", to]);
  t.equal(first.ran.length, 5);
  const second = await built(t, project(t, files), ["--cache-from", ref]);
  t.same([second.ran, second.image], [[], first.image]);
  t.equal(new Set(second.stderr.match(/pull registry cache \S+ layer \S+/g)).size, 4, "not that of the other stage");

  const text = (i: number): string => `FROM ${busybox}\nRUN cat /proc/sys/kernel/random/uuid > /${i}\n`;
  const writers = Array.from({ length: 4 }, (_, i) => project(t, { Dockerfile: text(i) }));
  const images = await Promise.all(writers.map((machine) => built(t, machine, ["--cache-to", to])));
  for (const i of [0, 3]) {
    const again = await built(t, project(t, { Dockerfile: text(i) }), ["--cache-from", `type=registry,ref=${ref}`]);
    t.same([again.ran, again.image], [[], images[i]?.image], `what machine ${i} made is found`);
  }

  const buildkit = join(temporaryDirectory(t), "buildkit");
  await output(["skopeo", "copy", "-q", "--src-tls-verify=false", `docker://${busybox}`, `oci:${buildkit}:1`]);
  const { manifests } = readIndex(buildkit);
  const manifest = JSON.parse(blobText(buildkit, manifests[0]?.digest ?? "")) as { config: { mediaType: string } };
  manifest.config.mediaType = "application/vnd.buildkit.cacheconfig.v0";
  const put = await fetch(`http://${registry}/v2/library/busybox/manifests/buildcache`, {
    method: "PUT",
    headers: { "content-type": "application/vnd.oci.image.manifest.v1+json" },
    body: JSON.stringify(manifest),
  });
  t.equal(put.status, 201);
  const told = await built(t, project(t, files), ["--cache-from", `${registry}/library/busybox:buildcache`]);
  t.match(told.stderr, /warning: the registry cache \S+ is not used: \S+ is a cache of BuildKit/);
  const gone = await built(t, project(t, files), ["--cache-from", "127.0.0.1:1/team/cache"]);
  t.match(gone.stderr, /warning: the registry cache \S+ is not used: cannot reach 127\.0\.0\.1:1/);
});

t.test("a cache that cannot be written fails the build, unless that is said not to matter", async (t) => {
  const machine = project(t, { Dockerfile: `FROM ${busybox}\nRUN true\n` });
  const to = `type=local,dest=${machine.context}`;
  const failed = await machine.build(["--cache-to", to]);
  t.match(failed, { code: 1, stderr: /cannot take an OCI image layout: it is not empty/ });
  const ignored = await machine.build(["--cache-to", `${to},ignore-error=true`]);
  t.match(ignored, { code: 0, stderr: /the cache was not written: .*cannot take an OCI image layout/ });
});

t.test("ordinary users share a cache like root", async (t) => {
  if (!mayBeRoot(t)) return;
  const directory = join(temporaryDirectory(t, "ocib-subids"), "cache");
  const first = await built(t, project(t, files, "ocib-subids"), [
    "--cache-to",
    `type=local,dest=${directory},mode=max`,
  ]);
  for (const as of ["self", "ocib-subids", "ocib-plain"] as const) {
    const { ran, image } = await built(t, project(t, files, as), ["--cache-from", `type=local,src=${directory}`]);
    t.same([ran, image], [[], first.image], as);
  }
});

interface Index {
  manifests: { digest: string; size: number; annotations: Record<string, string> }[];
}

const REF_NAME = "org.opencontainers.image.ref.name";

function readIndex(directory: string): Index {
  return JSON.parse(readFileSync(join(directory, "index.json"), "utf8")) as Index;
}

function blobText(directory: string, digest: string): string {
  return readFileSync(join(directory, "blobs/sha256", digest.slice(7)), "utf8");
}

function tagsOf(directory: string): readonly string[] {
  return readIndex(directory).manifests.map(({ annotations }) => annotations[REF_NAME] ?? "");
}

function recordsOf(directory: string): readonly string[] {
  return readIndex(directory).manifests.map(({ digest }) => join(directory, "blobs/sha256", digest.slice(7)));
}

/** Gives each record the tag of the next. */
function turnTags(directory: string): void {
  const index = readIndex(directory);
  const tags = tagsOf(directory);
  index.manifests.forEach(({ annotations }, i) => {
    annotations[REF_NAME] = tags[(i + 1) % tags.length] ?? "";
  });
  writeFileSync(join(directory, "index.json"), JSON.stringify(index));
}

function foreign(directory: string): void {
  rewriteRecords(directory, (record) => ({ ...record, artifactType: "application/vnd.example" }));
}

/** Lets each record name the layer of the next, under its own diffID: both blobs are sound. */
function swapLayers(directory: string): void {
  const layers = recordsOf(directory).map((file) => (JSON.parse(readFileSync(file, "utf8")) as Rewritable).layers);
  rewriteRecords(directory, (record, i) => ({ ...record, layers: layers[(i + 1) % layers.length] ?? [] }));
}

interface Rewritable {
  readonly layers: readonly unknown[];
  readonly [field: string]: unknown;
}

function rewriteRecords(directory: string, change: (record: Rewritable, i: number) => Rewritable): void {
  const index = readIndex(directory);
  for (const [i, file] of recordsOf(directory).entries()) {
    const bytes = Buffer.from(JSON.stringify(change(JSON.parse(readFileSync(file, "utf8")) as Rewritable, i)));
    const entry = index.manifests[i];
    const digest = digestOf(bytes);
    writeFileSync(join(directory, "blobs/sha256", digest.slice(7)), bytes);
    if (entry !== undefined) Object.assign(entry, { digest, size: bytes.length });
  }
  writeFileSync(join(directory, "index.json"), JSON.stringify(index));
}

function readAll(directory: string): string {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"))
    .join("\n");
}
