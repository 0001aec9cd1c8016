import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { startRegistry } from "../support/bases.ts";
import { ociBuild } from "../support/cli.ts";
import { place } from "../support/place.ts";
import type { Ended } from "../support/process.ts";
import { giveTo, mayBeRoot } from "../support/users.ts";

const as = "ocib-subids";
const recipe = "FROM scratch\nCOPY . /x/\nENV A=1\n";

void t.test("diff tells what differs between two images, wherever they are", async (t) => {
  if (!mayBeRoot(t)) return;
  const p = place(t, as);
  const diff = (...args: string[]): Promise<Ended> =>
    ociBuild(["diff", "--root", join(p.directory, "store"), ...args], { as, cwd: p.directory });
  const content = `${"a".repeat(1_500_000)}\n`;
  const one = p.files("one", { Dockerfile: recipe, file: content, gone: "", mode: "m\n", link: "->file" });
  const changed = `${content.slice(0, 1_234_567)}B${content.slice(1_234_568)}`;
  const two = p.files("two", { Dockerfile: recipe.replace("=1", "=2"), file: changed, mode: "m\n", link: "->mode" });
  chmodSync(join(two, "mode"), 0o755);
  giveTo(as, p.directory);
  for (const [name, context] of [
    ["one", one],
    ["two", two],
  ] as const)
    t.match(await p.build(["-t", name, "-o", `oci:layout-${name}:v`, "-o", `oci-archive:${name}.tar`, context]), {
      code: 0,
    });

  const cmp = spawnSync("cmp", [join(one, "file"), join(two, "file")], { encoding: "utf8" }).stdout;
  t.match(cmp, /byte 1234568\b/, "cmp counts from 1");
  const found = await diff("one", "two");
  t.equal(found.code, 1);
  t.equal(
    found.stdout.replaceAll(/sha256:[0-9a-f]{64}/g, "DIGEST"),
    [
      "- one DIGEST",
      "+ two DIGEST",
      "layer 1, of COPY . /x/ # buildkit:",
      "  ~ x/Dockerfile (file)",
      "    content from byte 30 on",
      "      - 31 0a  1.",
      "      + 32 0a  2.",
      "  ~ x/file (file)",
      "    content from byte 1234567 on",
      `      - ${"61 ".repeat(16)} ${"a".repeat(16)}`,
      `      + 42 ${"61 ".repeat(15)} B${"a".repeat(15)}`,
      "  - x/gone (file, mode 0644, owner 0:0, mtime 0 (1970-01-01T00:00:00.000Z), size 0)",
      "  ~ x/link (symbolic link)",
      "    target file -> mode",
      "  ~ x/mode (file)",
      "    mode 0644 -> 0755",
      "config:",
      "  config.Env[1]",
      '    - "A=1"',
      '    + "A=2"',
      "  history[1].created_by",
      '    - "ENV A=1"',
      '    + "ENV A=2"',
      "",
    ].join("\n"),
  );
  const limited = JSON.parse((await diff("--format", "json", "--limit", "1", "one", "two")).stdout) as object;
  t.match(limited, {
    equal: false,
    differences: [{ kind: "entry", layer: 1, path: "x/Dockerfile" }],
    more: 6,
    unread: [],
  });

  const registry = await startRegistry(t);
  const skopeo = ["copy", "--quiet", "--insecure-policy", "--dest-tls-verify=false"];
  execFileSync("skopeo", [...skopeo, `oci:${p.directory}/layout-one:v`, `docker://${registry}/one:v`]);
  const index = JSON.parse(readFileSync(join(p.directory, "layout-one", "index.json"), "utf8")) as {
    manifests: [{ digest: string }];
  };
  for (const same of [
    "oci:layout-one",
    "oci:layout-one:v",
    "oci-archive:one.tar",
    `docker://${registry}/one:v`,
    index.manifests[0].digest,
  ]) {
    t.match(await diff("one", same), { code: 0, stdout: /^one and .* are the same image, sha256:/ }, same);
    t.match(await diff(same, "two"), { code: 1, stdout: /byte 1234567/ }, same);
  }

  for (const [args, stderr] of [
    [["one"], /diff takes IMAGE IMAGE, but got "one"/],
    [["one", "three"], /the store has no image three/],
    [["one", "oci:nowhere"], /nowhere is no OCI image layout/],
    [["one", "oci-archive:nowhere"], /nowhere/],
    [["one", "oci:layout-one:w"], /the layout layout-one has no image w/],
    [["one", "docker-archive:one.tar"], /images in the form docker-archive: cannot be read/],
    [["one", `docker://${registry}/none`], /none/],
    [["--limit", "0", "one", "two"], /--limit: "0" is no number from 1 to 10000/],
  ] as const)
    t.match(await diff(...args), { code: 2, stdout: "", stderr }, args.join(" "));

  const blobs = join(p.directory, "layout-two", "blobs", "sha256");
  for (const blob of readdirSync(blobs))
    if (!readFileSync(join(blobs, blob), "latin1").startsWith("{")) writeFileSync(join(blobs, blob), "not gzip");
  t.match(
    await diff("one", "oci:layout-two"),
    { code: 2, stderr: /the layer is not a valid gzip file/ },
    "a damaged layer",
  );
});

void t.test("diff tells another order of the same entries, and another compression of the same layer", async (t) => {
  if (!mayBeRoot(t)) return;
  const p = place(t, as);
  const context = p.files("context", { Dockerfile: recipe, file: "x\n" });
  giveTo(as, p.directory);
  t.match(await p.build(["-t", "one", "-o", "oci:layout:v", context]), { code: 0 });
  const packed = ["copy", "--quiet", "--insecure-policy", "--dest-compress-format=zstd", "--dest-compress"];
  execFileSync("skopeo", [...packed, `oci:${p.directory}/layout:v`, `oci:${p.directory}/zstd:v`]);
  execFileSync("umoci", ["unpack", "--rootless", "--image", "layout:v", "bundle"], {
    cwd: p.directory,
    stdio: "ignore",
  });
  giveTo(as, p.directory);
  const found = await ociBuild(["diff", "--root", "store", "one", "oci:zstd"], { as, cwd: p.directory });
  t.match(found, {
    code: 1,
    stdout: /layer 1, of COPY . \/x\/ # buildkit:\n {2}the same content, compressed differently/,
  });
  t.match(found.stdout, /layers\[0\].mediaType\n {4}- "application.*tar\+gzip"\n {4}\+ ".*tar\+zstd"/);
});

void t.test("verify builds again and tells what came out differently, and leaves no trace", async (t) => {
  if (!mayBeRoot(t)) return;
  const p = place(t, as);
  const verify = (...args: string[]): Promise<Ended> =>
    ociBuild(["verify", "--root", "store", "--progress", "quiet", ...args], { as, cwd: p.directory });
  const context = p.files("context", {
    Dockerfile: "FROM base AS one\nARG V=1\nCOPY file /\nLABEL v=$V\nFROM one AS two\nCOPY <<x /\nx\n",
    file: "x\n",
  });
  const base = p.files("base", { Dockerfile: "FROM scratch\nCOPY Dockerfile /base\n" });
  giveTo(as, p.directory);
  t.match(await p.build(["-t", "base", base]), { code: 0 });
  t.match(await p.build(["-t", "app", "--target", "one", "--build-arg", "V=2", "--timestamp", "7", context]), {
    code: 0,
  });
  const contents = (): readonly string[] =>
    ["steps", "builds", "work", "stat"].flatMap((part) => readdirSync(join(p.directory, "store", part)));
  const before = contents();

  const how = ["--target", "one", "--build-arg", "V=2", "--timestamp", "7", "app", "context"];
  t.match(await verify(...how), { code: 0, stdout: /^reproduced app sha256:[0-9a-f]{64}\n$/ });
  t.match(await verify("--target", "one", "--timestamp", "7", "app", "context"), {
    code: 1,
    stdout: /config.Labels.v\n {4}- "2"\n {4}\+ "1"/,
  });
  writeFileSync(join(context, "file"), "y\n");
  const differing = await verify(...how);
  t.match(differing, {
    code: 1,
    stdout: /layer 2, of COPY file.*:\n {2}~ file \(file\)\n {4}content from byte 0 on\n {6}- 78 0a {2}x\./,
  });
  t.same(contents(), before, "nothing of the store's cache was touched");
  const images = await ociBuild(["images", "--root", "store"], { as, cwd: p.directory });
  t.equal(images.stdout.trimEnd().split("\n").length, 3, "no image came to the list");
  rmSync(join(context, "file"));
  t.match(await verify(...how), { code: 2, stdout: "", stderr: /file/ }, "what cannot be built is no difference");
  t.match(await verify("none", "context"), { code: 2, stderr: /the store has no image none/ });
});
