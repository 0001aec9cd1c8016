import { execFileSync } from "node:child_process";
import { chmodSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import t from "tap";
import { ociBuild } from "../support/cli.ts";
import { commitTime, gitRepository } from "../support/git-repository.ts";
import { contents, place } from "../support/place.ts";
import { giveTo, mayBeRoot } from "../support/users.ts";
import { startWebServer } from "../support/web-server.ts";

const dockerfile = "FROM scratch\nCOPY . /\n";

for (const as of ["self", "ocib-subids"] as const) {
  void t.test(`as ${as}`, async (t) => {
    if (as !== "self" && !mayBeRoot(t)) return;

    await t.test("a tar of every compression on standard input is a context", async (t) => {
      const p = place(t, as);
      const tree = p.files("tree", { Dockerfile: dockerfile, "dir/file": "content\n", link: "->dir/file" });
      chmodSync(join(tree, "dir/file"), 0o4750);
      for (const flag of ["--no-auto-compress", "--gzip", "--bzip2", "--xz", "--zstd"]) {
        const input = execFileSync("tar", ["-C", tree, "--owner=77", "--mtime=@5", flag, "-cf", "-", "."]);
        const entries = await p.entries(["-"], { input });
        t.strictSame(contents(entries), {
          Dockerfile: dockerfile,
          dir: "directory",
          "dir/file": "content\n",
          link: "-> dir/file",
        });
        t.match(entries["dir/file"], { mode: "4750", owner: "0:0" }, flag);
      }
    });

    await t.test("a Dockerfile of a tar is found by its path, its .dockerignore does not count", async (t) => {
      const p = place(t, as);
      const tree = p.files("tree", { "ci/Dockerfile": dockerfile, ".dockerignore": "x", x: "x\n" });
      const input = execFileSync("tar", ["-C", tree, "-cf", "-", "."]);
      const built = await p.build(["-f", "ci/Dockerfile", "-"], { input });
      t.equal(built.code, 0, built.stderr);
      t.match(built.stderr, /the \.dockerignore of a context from elsewhere does not count/);
      t.match(contents(await p.entries(["-f", "ci/Dockerfile", "-"], { input })), { x: "x\n" });
    });

    await t.test("text on standard input is a Dockerfile with an empty context", async (t) => {
      const p = place(t, as);
      t.strictSame(contents(await p.entries(["-"], { input: "FROM scratch\nCOPY <<x /\nhere\nx\n" })), { x: "here\n" });
      const missing = await p.build(["-"], { input: "FROM scratch\nCOPY file /\n" });
      t.match(missing, { code: 1, stderr: /"file": not found/ });
      const broken = await p.build(["-"], { input: gzipSync("no archive") });
      t.match(broken, {
        code: 1,
        stderr: /cannot unpack standard input: the archive ends .*\n.*hint: a build context is/,
      });
      const two = await p.build(["-f", "other", "-"], { input: dockerfile });
      t.match(two, { code: 1, stderr: /the context is itself a Dockerfile, and -f other names another/ });
    });

    await t.test("a Dockerfile on standard input goes with a directory", async (t) => {
      const p = place(t, as);
      const tree = p.files("tree", { file: "content\n", skipped: "x", ".dockerignore": "skipped\n.dockerignore\n" });
      t.strictSame(contents(await p.entries(["-f", "-", tree], { input: dockerfile })), { file: "content\n" });
    });

    await t.test("a git repository is a context, by branch and directory", async (t) => {
      const p = place(t, as);
      const repository = gitRepository(join(p.directory, "r"));
      repository.commit({ Dockerfile: dockerfile, file: "main\n" });
      repository.git("checkout", "--quiet", "-b", "dev");
      repository.commit({ "server/Dockerfile": dockerfile, "server/file": "dev\n" });
      repository.git("checkout", "--quiet", "main");
      giveTo(as, repository.path);
      const main = await p.entries([repository.url]);
      t.strictSame(contents(main), { Dockerfile: dockerfile, file: "main\n" });
      t.match(main["file"], { mode: "0644", owner: "0:0", mtime: commitTime }, "files have the commit's time");
      t.strictSame(contents(await p.entries([`${repository.url}#dev:server`])), {
        Dockerfile: dockerfile,
        file: "dev\n",
      });
      const kept = await p.entries(["--build-arg", "BUILDKIT_CONTEXT_KEEP_GIT_DIR=1", repository.url]);
      t.ok(kept[".git/HEAD"], "BUILDKIT_CONTEXT_KEEP_GIT_DIR=1 keeps .git");
      const missing = await p.build([`${repository.url}#nothing`]);
      t.match(missing, { code: 1, stderr: /has no branch or tag nothing/ });
    });

    await t.test("an archive and a Dockerfile of a web server are contexts", async (t) => {
      const p = place(t, as);
      const tree = p.files("tree", { Dockerfile: dockerfile, file: "content\n" });
      const archive = execFileSync("tar", ["-C", tree, "--gzip", "-cf", "-", "."]);
      const server = await startWebServer(t, ({ url, headers }, response) => {
        if (headers["if-none-match"] !== undefined) return void response.writeHead(304).end();
        response.setHeader("etag", '"1"');
        if (url === "/app.tar.gz") return void response.end(archive);
        if (url === "/Dockerfile") return void response.end("FROM scratch\nCOPY <<x /\nfetched\nx\n");
        response.writeHead(404).end();
      });
      const expected = { Dockerfile: dockerfile, file: "content\n" };
      t.strictSame(contents(await p.entries([`${server.origin}/app.tar.gz`])), expected);
      t.strictSame(contents(await p.entries([`${server.origin}/app.tar.gz`])), expected);
      t.strictSame(
        server.requests.map(({ headers }) => headers["if-none-match"]),
        [undefined, '"1"'],
      );
      t.strictSame(contents(await p.entries([`${server.origin}/Dockerfile`])), { x: "fetched\n" });
      t.strictSame(contents(await p.entries(["-f", `${server.origin}/Dockerfile`, tree])), { x: "fetched\n" });
      t.match(await p.build([`${server.origin}/nothing`]), {
        code: 1,
        stderr: /nothing does not exist: .* answers 404/,
      });
    });

    await t.test("a Dockerfile that is a link out of its archive is not read", async (t) => {
      const p = place(t, as);
      const secret = p.files("secret", { file: "RUN secret\n" });
      const tree = p.files("tree", { Dockerfile: `->${secret}/file` });
      const input = execFileSync("tar", ["-C", tree, "-cf", "-", "."]);
      const { code, stderr } = await p.build(["-"], { input });
      t.equal(code, 1);
      t.match(stderr, /there is no Dockerfile in the build context/);
      t.notMatch(stderr, /RUN secret/);
    });

    await t.test("named contexts go before stages and images", async (t) => {
      const p = place(t, as);
      p.files("one", { file: "one\n", drop: "x", ".dockerignore": "drop\n.dockerignore\n" });
      p.files("main", { file: "main\n", drop: "kept\n" });
      const repository = gitRepository(join(p.directory, "r"));
      repository.commit({ file: "git\n" });
      giveTo(as, repository.path);
      const build = async (text: string, args: readonly string[]): Promise<Readonly<Record<string, string>>> => {
        writeFileSync(join(p.directory, "main/Dockerfile"), text);
        return contents(await p.entries([...args, join(p.directory, "main")]));
      };
      const one = ["--build-context", `one=${join(p.directory, "one")}`];
      t.strictSame(
        await build("FROM scratch\nCOPY --from=one . /\nCOPY drop /\n", one),
        { file: "one\n", drop: "kept\n" },
        "each directory has its own .dockerignore",
      );
      t.strictSame(
        await build("FROM scratch AS one\nCOPY file /stage\nFROM scratch\nCOPY --from=one / /\n", one),
        { file: "one\n" },
        "a stage of that name is replaced",
      );
      t.strictSame(
        await build("FROM one\nCOPY file /more\n", one),
        { file: "one\n", more: "main\n" },
        "a stage may stand on a directory",
      );
      t.strictSame(
        await build("FROM scratch\nCOPY --from=alpine file /\n", ["--build-context", `alpine=${repository.url}`]),
        { file: "git\n" },
        "an image of that name is not looked for",
      );
      t.strictSame(
        await build("FROM scratch\nCOPY --from=docker.io/library/alpine:latest file /\n", [
          "--build-context",
          `alpine=${repository.url}#main`,
        ]),
        { file: "git\n" },
        "nor under its full name",
      );
      t.strictSame(
        await build("FROM nowhere.example/base\nCOPY file /\n", [
          "--build-context",
          "nowhere.example/base=docker-image://scratch",
        ]),
        { file: "main\n" },
      );
      writeFileSync(join(p.directory, "main/Dockerfile"), "FROM scratch\nCOPY file /\n");
      const missing = await p.build(["--build-context", "one=nothing", join(p.directory, "main")]);
      t.equal(missing.code, 0, `a context that nothing needs is not opened: ${missing.stderr}`);
      const target = await p.build(["--build-context", "one=target:x", join(p.directory, "main")]);
      t.match(target, { code: 2, stderr: /another build's target/ });
    });

    await t.test(
      "an image of a layout or of the store takes the place of a base, with its configuration",
      async (t) => {
        const p = place(t, as);
        p.files("base", { Dockerfile: "FROM scratch\nCOPY file /\nENV FROM_BASE=yes\n", file: "base\n" });
        p.files("main", { Dockerfile: "FROM alpine\nCOPY more /\n", more: "more\n" });
        const layout = join(p.directory, "layout");
        const built = await p.build(["-t", "mine:1", "-o", `oci:${layout}:v1`, join(p.directory, "base")]);
        t.equal(built.code, 0, built.stderr);
        for (const location of [`oci-layout://${layout}:v1`, `oci-layout://${layout}`, "docker-image://mine:1"]) {
          const args = ["--build-context", `alpine=${location}`, "-t", "result", join(p.directory, "main")];
          // A store of its own, which knows nothing of the layout's blobs.
          const root = location.startsWith("oci-layout")
            ? ["--root", join(p.directory, `store-${location.length}`)]
            : [];
          t.strictSame(contents(await p.entries([...root, ...args])), { file: "base\n", more: "more\n" }, location);
          const { stdout } = await ociBuild(
            ["inspect", ...(root.length > 0 ? root : ["--root", join(p.directory, "store")]), "result"],
            { as },
          );
          t.match(stdout, /"FROM_BASE=yes"/, location);
        }
        for (const [location, message] of [
          [`oci-layout://${layout}:v2`, /has no image v2/],
          [`oci-layout://${p.directory}/main`, /is no OCI image layout/],
          [`oci-layout://${layout}@sha256:${"0".repeat(64)}`, /lacks the blob/],
        ] as const)
          t.match(await p.build(["--build-context", `alpine=${location}`, join(p.directory, "main")]), {
            code: 1,
            stderr: message,
          });
        const blobs = join(layout, "blobs/sha256");
        for (const name of readdirSync(blobs)) {
          const bytes = readFileSync(join(blobs, name));
          if (bytes[0] === 0x1f) writeFileSync(join(blobs, name), Buffer.concat([bytes, Buffer.from("x")]));
        }
        const damaged = await p.build([
          "--root",
          join(p.directory, "fresh"),
          "--build-context",
          `alpine=oci-layout://${layout}`,
          join(p.directory, "main"),
        ]);
        t.match(damaged, { code: 1, stderr: /blob sha256:\w+ from .* has more than/ });
      },
    );
  });
}
