import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import t from "tap";
import { writeOutput } from "../../src/output/write-output.ts";
import { runTool } from "./run-tool.ts";
import { sampleImage } from "./sample-image.ts";

t.test("a new layout is read by skopeo and unpacked by umoci", async (t) => {
  const folder = t.testdir();
  const { image, blobs } = await sampleImage(join(folder, "store"), "one", ["docker.io/library/app:1.0"]);
  const directory = join(folder, "some/where");
  await writeOutput({ kind: "oci", directory }, image, blobs);

  t.match(JSON.parse(await runTool("skopeo", "inspect", `oci:${directory}:1.0`)), {
    Digest: image.manifest.digest,
    Layers: image.layers.map(({ digest }) => digest),
  });
  await runTool("umoci", "unpack", "--rootless", "--image", `${directory}:1.0`, join(folder, "bundle"));
  t.equal(readFileSync(join(folder, "bundle/rootfs/second.txt"), "utf8"), "one");
  t.same(readdirSync(directory).toSorted(), ["blobs", "index.json", "oci-layout"], "nothing temporary is left");
});

t.test("blobs are hard links into the store", async (t) => {
  const folder = t.testdir();
  const { image, blobs } = await sampleImage(join(folder, "store"), "one", []);
  await writeOutput({ kind: "oci", directory: join(folder, "out") }, image, blobs);
  for (const { digest } of [image.manifest, image.config, ...image.layers])
    t.equal(
      statSync(join(folder, "out/blobs", digest.replace(":", "/"))).ino,
      statSync(blobs.path(digest)).ino,
      digest,
    );
});

t.test("on another file system blobs are copies", async (t) => {
  const folder = t.testdir();
  const { image, blobs } = await sampleImage(join(folder, "store"), "one", []);
  const directory = `/dev/shm/oci-build-test-${process.pid}`;
  t.teardown(() => runTool("rm", "-r", directory));
  t.not(statSync("/dev/shm").dev, statSync(folder).dev);
  await writeOutput({ kind: "oci", directory }, image, blobs);
  t.match(JSON.parse(await runTool("skopeo", "inspect", `oci:${directory}:latest`)), { Digest: image.manifest.digest });
});

t.test("a layout keeps its other tags, and a tag in use moves", async (t) => {
  const folder = t.testdir();
  const directory = join(folder, "out");
  const [first, second, third] = [
    await sampleImage(join(folder, "store"), "one", ["docker.io/library/app:a", "docker.io/library/app:b"]),
    await sampleImage(join(folder, "store"), "two", ["docker.io/library/app:b"]),
    await sampleImage(join(folder, "store"), "three", []),
  ];
  await writeOutput({ kind: "oci", directory }, first.image, first.blobs);
  // What another program has put there stays too.
  await runTool("skopeo", "copy", `oci:${directory}:a`, `oci:${directory}:by-skopeo`);
  await writeOutput({ kind: "oci", directory }, second.image, second.blobs);
  await writeOutput({ kind: "oci", directory, tag: "c" }, third.image, third.blobs);

  const digests = new Map<string, string>();
  for (const tag of ["a", "b", "c", "by-skopeo"])
    digests.set(
      tag,
      (JSON.parse(await runTool("skopeo", "inspect", `oci:${directory}:${tag}`)) as { Digest: string }).Digest,
    );
  t.same(Object.fromEntries(digests), {
    a: first.image.manifest.digest,
    b: second.image.manifest.digest,
    c: third.image.manifest.digest,
    "by-skopeo": first.image.manifest.digest,
  });
});

t.test("entries carry tag and full name", async (t) => {
  const folder = t.testdir();
  const { image, blobs } = await sampleImage(join(folder, "store"), "one", ["localhost:5000/team/app:1.0"]);
  await writeOutput({ kind: "oci", directory: join(folder, "out"), tag: "release" }, image, blobs);
  const index = JSON.parse(readFileSync(join(folder, "out/index.json"), "utf8")) as { manifests: unknown[] };
  t.same(index.manifests, [
    {
      ...image.manifest,
      annotations: {
        "io.containerd.image.name": "localhost:5000/team/app:1.0",
        "org.opencontainers.image.ref.name": "release",
      },
    },
  ]);
});

t.test("many writers at once lose no tag", async (t) => {
  const folder = t.testdir();
  const directory = join(folder, "out");
  const { image, blobs } = await sampleImage(join(folder, "store"), "one", []);
  const tags = Array.from({ length: 12 }, (_, index) => `tag${index}`);
  await Promise.all(tags.map((tag) => writeOutput({ kind: "oci", directory, tag }, image, blobs)));
  t.same((await runTool("umoci", "ls", "--layout", directory)).trim().split("\n").toSorted(), tags.toSorted());
});

t.test("the lock of a program that died is taken over", async (t) => {
  const folder = t.testdir({ out: { ".index.lock": {}, "oci-layout": '{"imageLayoutVersion":"1.0.0"}' } });
  utimesSync(join(folder, "out/.index.lock"), 0, 0);
  const { image, blobs } = await sampleImage(join(folder, "store"), "one", []);
  await writeOutput({ kind: "oci", directory: join(folder, "out") }, image, blobs);
  t.notOk(existsSync(join(folder, "out/.index.lock")));
  t.equal((await runTool("umoci", "ls", "--layout", join(folder, "out"))).trim(), "latest");
});

t.test("a blob that was cut off is replaced", async (t) => {
  const folder = t.testdir();
  const directory = join(folder, "out");
  const { image, blobs } = await sampleImage(join(folder, "store"), "one", []);
  const blob = join(directory, "blobs", image.config.digest.replace(":", "/"));
  mkdirSync(join(directory, "blobs/sha256"), { recursive: true });
  writeFileSync(join(directory, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(blob, "{");
  await writeOutput({ kind: "oci", directory }, image, blobs);
  t.equal(statSync(blob).size, image.config.size);
});

t.test("what is no layout is refused and stays as it was", async (t) => {
  const folder = t.testdir({
    full: { "precious.txt": "data" },
    file: "data",
    future: { "oci-layout": '{"imageLayoutVersion":"2.0.0"}' },
    broken: { "oci-layout": '{"imageLayoutVersion":"1.0.0"}', "index.json": "<html>" },
    strange: { "oci-layout": '{"imageLayoutVersion":"1.0.0"}', "index.json": '{"schemaVersion":2,"manifests":[5]}' },
  });
  const { image, blobs } = await sampleImage(join(folder, "store"), "one", []);
  const cases = {
    full: "output-not-a-layout",
    file: "output-not-a-layout",
    "file/below": "output-not-a-layout",
    future: "output-not-a-layout",
    broken: "layout-invalid",
    strange: "layout-invalid",
  };
  for (const [name, code] of Object.entries(cases))
    await t.rejects(writeOutput({ kind: "oci", directory: join(folder, name) }, image, blobs), { code }, name);
  t.same(readdirSync(join(folder, "full")), ["precious.txt"]);
  t.equal(readFileSync(join(folder, "broken/index.json"), "utf8"), "<html>");
});

t.test("a blob of the store that is not complete is not linked", async (t) => {
  const folder = t.testdir();
  const { image, blobs } = await sampleImage(join(folder, "store"), "one", []);
  chmodSync(blobs.path(image.config.digest), 0o644);
  writeFileSync(blobs.path(image.config.digest), "{");
  await t.rejects(writeOutput({ kind: "oci", directory: join(folder, "out") }, image, blobs), {
    code: "blob-incomplete",
  });
  t.notOk(existsSync(join(folder, "out/index.json")), "no tag names it");
});
