import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import t from "tap";
import { writeOutput } from "../../src/output/write-output.ts";
import { runTool } from "./run-tool.ts";
import { sampleImage } from "./sample-image.ts";

const name = "docker.io/library/app:1.0";

t.test("skopeo reads both archives", async (t) => {
  const folder = t.testdir();
  const { image, blobs } = await sampleImage(folder, "one", [name, "localhost:5000/app:x"]);
  await writeOutput({ kind: "oci-archive", file: join(folder, "oci.tar") }, image, blobs);
  await writeOutput({ kind: "docker-archive", file: join(folder, "docker.tar") }, image, blobs);

  t.match(JSON.parse(await runTool("skopeo", "inspect", `oci-archive:${folder}/oci.tar:1.0`)), {
    Digest: image.manifest.digest,
  });
  for (const reference of ["app:1.0", "localhost:5000/app:x"]) {
    const config = await runTool(
      "skopeo",
      "inspect",
      "--config",
      "--raw",
      `docker-archive:${folder}/docker.tar:${reference}`,
    );
    t.equal(config, readFileSync(blobs.path(image.config.digest), "utf8"), reference);
  }
  await runTool("skopeo", "copy", `docker-archive:${folder}/docker.tar:app:1.0`, `dir:${folder}/copied`);
  t.same(
    readdirSync(folder).filter((file) => file.endsWith(".tmp")),
    [],
  );
});

t.test("GNU tar and bsdtar list the members in order, and python finds them plain", async (t) => {
  const folder = t.testdir();
  const { image, blobs } = await sampleImage(folder, "one", [name]);
  const file = join(folder, "docker.tar");
  await writeOutput({ kind: "docker-archive", file }, image, blobs);
  const blobNames = [image.manifest, image.config, ...image.layers].map(
    ({ digest }) => `blobs/${digest.replace(":", "/")}`,
  );
  const expected = ["blobs/", "blobs/sha256/", ...blobNames.toSorted(), "index.json", "manifest.json", "oci-layout"];
  for (const program of ["tar", "bsdtar"])
    t.same((await runTool(program, "-tf", file)).trim().split("\n"), expected, program);
  const script =
    "import sys,tarfile\nfor m in tarfile.open(sys.argv[1]): print(m.mtime, m.uid, m.gid, oct(m.mode), m.uname, m.gname)";
  const facts = (await runTool("python3", "-c", script, file)).split("\n").map((line) => line.trim());
  t.same(new Set(facts), new Set(["0 0 0 0o755", "0 0 0 0o644", ""]));
});

t.test("the same image gives the same bytes, whenever and wherever", async (t) => {
  const folder = t.testdir();
  const hashes = new Set<string>();
  for (const place of ["a", "b"]) {
    const { image, blobs } = await sampleImage(join(folder, place), "one", [name]);
    utimesSync(blobs.path(image.config.digest), place === "a" ? 1 : 2, 1);
    for (const kind of ["oci-archive", "docker-archive"] as const) {
      const file = join(folder, `${place}-${kind}.tar`);
      await writeOutput({ kind, file }, image, blobs);
      hashes.add(`${kind} ${createHash("sha256").update(readFileSync(file)).digest("hex")}`);
    }
  }
  t.equal(hashes.size, 2);
});

t.test("podman loads both archives under the image's names", async (t) => {
  // Podman wants a short path for its run directory.
  const folder = mkdtempSync(join(tmpdir(), "load-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const { image, blobs } = await sampleImage(folder, "one", [name]);
  for (const [index, kind] of (["oci-archive", "docker-archive"] as const).entries()) {
    const file = join(folder, `${kind}.tar`);
    await writeOutput({ kind, file }, image, blobs);
    const storage = [
      "--root",
      join(folder, `${index}`),
      "--runroot",
      join(folder, `r${index}`),
      "--storage-driver",
      "vfs",
    ];
    t.match(await runTool("podman", ...storage, "load", "-i", file), name, kind);
    const id = await runTool("podman", ...storage, "image", "inspect", "--format", "{{.Id}}", name);
    t.equal(`sha256:${id.trim()}`, image.config.digest);
  }
});

t.test("an image without names makes an archive without names", async (t) => {
  const folder = t.testdir();
  const { image, blobs } = await sampleImage(folder, "one", []);
  const file = join(folder, "docker.tar");
  await writeOutput({ kind: "docker-archive", file }, image, blobs);
  t.match(JSON.parse(await runTool("tar", "-xOf", file, "manifest.json")), [{ RepoTags: [] }]);
  await runTool("skopeo", "inspect", "--raw", `docker-archive:${file}`);
});

t.test("the name of a docker archive takes the place of the image's", async (t) => {
  const folder = t.testdir();
  const { image, blobs } = await sampleImage(folder, "one", [name]);
  const file = join(folder, "docker.tar");
  await writeOutput({ kind: "docker-archive", file, tag: "localhost:5000/other" }, image, blobs);
  t.match(JSON.parse(await runTool("tar", "-xOf", file, "manifest.json")), [
    { RepoTags: ["localhost:5000/other:latest"] },
  ]);
});

t.test("a dash streams to standard output and leaves it open", async (t) => {
  const folder = t.testdir();
  const { image, blobs } = await sampleImage(folder, "one", [name]);
  const stdout = new PassThrough();
  const chunks: Uint8Array[] = [];
  stdout.on("data", (chunk: Uint8Array) => chunks.push(chunk));
  await writeOutput({ kind: "oci-archive", file: "-" }, image, blobs, { stdout });
  t.notOk(stdout.writableEnded);
  const listed = execFileSync("tar", ["-tf", "-"], { input: Buffer.concat(chunks), encoding: "utf8" });
  t.match(listed, "index.json");
});

t.test("a reader that goes away is an error", async (t) => {
  const { image, blobs } = await sampleImage(t.testdir(), "one", [name]);
  const stdout = new Writable({ write: (_chunk, _encoding, done) => done(new Error("write EPIPE")) });
  await t.rejects(writeOutput({ kind: "docker-archive", file: "-" }, image, blobs, { stdout }), {
    code: "output-failed",
    message: "the image cannot be written to -: write EPIPE",
  });
});

t.test("a symbolic link stays and the file behind it is replaced; a pipe is written to", async (t) => {
  const folder = t.testdir({ real: { "image.tar": "old" } });
  const { image, blobs } = await sampleImage(folder, "one", [name]);
  const link = join(folder, "link.tar");
  symlinkSync("real/image.tar", link);
  await writeOutput({ kind: "oci-archive", file: link }, image, blobs);
  t.equal(readlinkSync(link), "real/image.tar");
  t.match(await runTool("tar", "-tf", join(folder, "real/image.tar")), "oci-layout");

  const pipe = join(folder, "pipe");
  await runTool("mkfifo", pipe);
  const listing = runTool("tar", "-tf", pipe);
  await writeOutput({ kind: "oci-archive", file: pipe }, image, blobs);
  t.match(await listing, "oci-layout");
  t.ok(statSync(pipe).isFIFO());
});

t.test("a failure leaves the old file and nothing else", async (t) => {
  const folder = t.testdir({ "image.tar": "old", directory: {} });
  const { image, blobs } = await sampleImage(folder, "one", [name]);
  const file = join(folder, "image.tar");
  const before = readdirSync(folder);
  await t.rejects(
    writeOutput({ kind: "oci-archive", file }, image, blobs, { signal: AbortSignal.abort(new Error("stop")) }),
    { message: "stop" },
  );
  await t.rejects(writeOutput({ kind: "oci-archive", file: join(folder, "directory") }, image, blobs), {
    code: "output-is-a-directory",
  });
  await t.rejects(writeOutput({ kind: "oci-archive", file: join(folder, "missing/x.tar") }, image, blobs), {
    code: "output-failed",
    message: /missing\/x\.tar.*ENOENT/,
  });
  truncateSync(blobs.path(image.config.digest), 3);
  await t.rejects(writeOutput({ kind: "oci-archive", file }, image, blobs), { code: "blob-incomplete" });
  t.equal(readFileSync(file, "utf8"), "old");
  t.same(readdirSync(folder), before);
});

t.test("a cancelled archive is gone", async (t) => {
  const folder = t.testdir();
  const { image, blobs } = await sampleImage(folder, "one", [name]);
  mkdirSync(join(folder, "out"));
  const controller = new AbortController();
  const writing = writeOutput({ kind: "oci-archive", file: join(folder, "out/x.tar") }, image, blobs, {
    signal: controller.signal,
  });
  setImmediate(() => controller.abort(new Error("stop")));
  await t.rejects(writing, { message: "stop" });
  t.same(readdirSync(join(folder, "out")), []);
});
