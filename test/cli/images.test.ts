import t from "tap";
import { fakeImages, imageId, manifestDigest, runWithFakes, storedImage } from "./run-with-fakes.ts";

const shop = [storedImage("docker.io/library/app:1", "localhost:5000/app:x"), storedImage()];

t.test("images are listed as a table", async (t) => {
  const { engine, calls } = fakeImages(shop);
  t.same(await runWithFakes(["images"], { engine }), {
    code: 0,
    stderr: "",
    stdout: [
      "REPOSITORY           TAG      IMAGE ID       CREATED        SIZE",
      "app                  1        bbbbbbbbbbbb   1970 (fixed)   1.23MB",
      "localhost:5000/app   x        bbbbbbbbbbbb   1970 (fixed)   1.23MB",
      "<none>               <none>   bbbbbbbbbbbb   1970 (fixed)   1.23MB",
      "",
    ].join("\n"),
  });
  t.same(calls, ["open /home/me/.local/share/oci-build", "close"]);
  const { stdout } = await runWithFakes(["images", "--digests", "--no-trunc"], { engine });
  t.match(stdout, `DIGEST`);
  t.match(stdout, `${manifestDigest}   ${imageId}`);
});

t.test("images are listed as JSON lines and as ids", async (t) => {
  const { engine } = fakeImages(shop);
  const { stdout } = await runWithFakes(["images", "--format", "json"], { engine });
  const rows = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
  t.same(rows[0], {
    Repository: "app",
    Tag: "1",
    Digest: manifestDigest,
    ID: "bbbbbbbbbbbb",
    CreatedAt: "1970-01-01T00:00:00Z",
    Size: 1_234_000,
  });
  t.equal(rows.length, 3);
  t.equal((await runWithFakes(["images", "-q"], { engine })).stdout, "bbbbbbbbbbbb\n");
  t.equal((await runWithFakes(["images", "-q", "--no-trunc"], { engine })).stdout, `${imageId}\n`);
});

t.test("an empty store has an empty list", async (t) => {
  const { engine } = fakeImages([]);
  t.equal((await runWithFakes(["images"], { engine })).stdout, "REPOSITORY   TAG   IMAGE ID   CREATED   SIZE\n");
  t.equal((await runWithFakes(["images", "--format=json"], { engine })).stdout, "");
});

t.test("tag names an image", async (t) => {
  const { engine, calls } = fakeImages([storedImage("app:1")]);
  t.same(await runWithFakes(["tag", "--root", "/s", "app:1", "app:2"], { engine }), {
    code: 0,
    stdout: "",
    stderr: "",
  });
  t.same(calls, ["open /s", "tag app:1 app:2", "close"]);
  t.match(await runWithFakes(["tag", "no", "x"], { engine }), { code: 1, stderr: "error: there is no image no\n" });
  t.match(await runWithFakes(["tag", "app:1"], { engine }), { code: 2 });
});

t.test("rmi removes what it can and tells what it cannot", async (t) => {
  const { engine, calls } = fakeImages([storedImage("app:1"), storedImage("b:1", "b:2")]);
  const { code, stdout, stderr } = await runWithFakes(["rmi", "no", "app:1", "nor", "b:2"], { engine });
  t.equal(code, 1);
  t.equal(stdout, `Untagged: app:1\nDeleted: ${manifestDigest}\nUntagged: b:2\n`);
  t.equal(stderr, "error: there is no image no\n\nerror: there is no image nor\n\nerror: 2 errors\n");
  t.same(calls.slice(1), ["remove app:1", "remove b:2", "close"]);
  t.same(await runWithFakes(["rmi", "-f", "no"], { engine }), { code: 0, stdout: "", stderr: "" });
});

t.test("inspect prints what it finds", async (t) => {
  const { engine } = fakeImages([storedImage("docker.io/library/app:1", "docker.io/library/app:2")]);
  const { code, stdout, stderr } = await runWithFakes(["inspect", "docker.io/library/app:1", "no"], { engine });
  t.equal(code, 1);
  t.equal(stderr, "error: there is no image no\n");
  t.same(JSON.parse(stdout), [
    {
      Id: imageId,
      RepoTags: ["app:1", "app:2"],
      RepoDigests: [`app@${manifestDigest}`],
      Created: "1970-01-01T00:00:00Z",
      Config: { Cmd: ["sh"], Env: ["A=1"] },
      Architecture: "amd64",
      Os: "linux",
      Size: 1_234_000,
      RootFS: { Type: "layers", Layers: [`sha256:${"c".repeat(64)}`] },
    },
  ]);
  t.equal((await runWithFakes(["inspect", "--format=json", "docker.io/library/app:2"], { engine })).code, 0);
  t.match(await runWithFakes(["inspect", "--format={{.Id}}", "x"], { engine }), {
    code: 2,
    stderr: /is not one of json/,
  });
});
