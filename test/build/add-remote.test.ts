import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { commitTime, gitRepository } from "../support/git-repository.ts";
import { contents, place } from "../support/place.ts";
import { stepsWith } from "../support/project.ts";
import { mayBeRoot } from "../support/users.ts";
import { startWebServer } from "../support/web-server.ts";
import { startGitServer } from "../support/git-server.ts";

const content = "fetched\n";
const checksum = `sha256:${createHash("sha256").update(content).digest("hex")}`;
const modified = 1_500_000_000;

for (const as of ["self", "ocib-subids"] as const) {
  void t.test(`as ${as}`, async (t) => {
    if (as !== "self" && !mayBeRoot(t)) return;
    let version = content;
    const server = await startWebServer(t, ({ url = "", headers }, response) => {
      if (url.startsWith("/missing")) return void response.writeHead(404).end();
      if (headers["if-none-match"] === JSON.stringify(version)) return void response.writeHead(304).end();
      response.setHeader("etag", JSON.stringify(version));
      response.setHeader("last-modified", new Date(modified * 1000).toUTCString());
      response.end(version);
    });

    await t.test(
      "ADD of a URL makes a file 0600 with the server's time, named by the path without the query (trap 36)",
      async (t) => {
        const p = place(t, as);
        const text = `FROM scratch\nADD ${server.origin}/dir/file.txt?token=1 ${server.origin}/archive.tar.gz /in/\nADD ${server.origin}/x /renamed\nADD --chmod=644 --chown=7:8 ${server.origin}/ /in/\n`;
        const main = p.files("main", { Dockerfile: text });
        const entries = await p.entries([main], { env: { SOURCE_DATE_EPOCH: String(modified + 100) } });
        const { in: _, ...files } = entries;
        t.strictSame(files, {
          "in/file.txt": { mode: "0600", owner: "0:0", mtime: modified, is: content },
          "in/archive.tar.gz": { mode: "0600", owner: "0:0", mtime: modified, is: content },
          renamed: { mode: "0600", owner: "0:0", mtime: modified, is: content },
          "in/__unnamed__": { mode: "0644", owner: "7:8", mtime: modified, is: content },
        });
      },
    );

    await t.test("a URL is revalidated: 304 keeps the step, another content runs it again (trap 102)", async (t) => {
      const p = place(t, as);
      const main = p.files("main", { Dockerfile: `FROM scratch\nADD ${server.origin}/file /\n` });
      const ran = async (): Promise<readonly string[]> => {
        const { code, stderr } = await p.build([main]);
        t.equal(code, 0, stderr);
        return stepsWith("DONE", stderr).filter((title) => title.includes("ADD"));
      };
      t.equal((await ran()).length, 1);
      t.equal((await ran()).length, 0);
      version = "other\n";
      t.equal((await ran()).length, 1);
      version = content;
    });

    await t.test(
      "ADD --checksum fetches once, keys by the checksum, and fails on another content (trap 37)",
      async (t) => {
        const p = place(t, as);
        const main = p.files("main", {
          Dockerfile: `FROM scratch\nADD --checksum=${checksum} ${server.origin}/file /\n`,
        });
        t.match(contents(await p.entries([main])), { file: content });
        const asked = server.requests.length;
        t.match(contents(await p.entries([main])), { file: content });
        t.equal(server.requests.length, asked, "the second build asks nobody");
        const wrong = `sha256:${"0".repeat(64)}`;
        p.files("wrong", { Dockerfile: `FROM scratch\nADD --checksum=${wrong} ${server.origin}/file /\n` });
        const { code, stderr } = await p.build([join(p.directory, "wrong")]);
        t.equal(code, 1);
        t.match(stderr, new RegExp(`has the digest ${checksum}, not ${wrong}`));
        t.match(stderr, /Dockerfile:2/);
      },
    );

    await t.test("a URL that gives no file is an error with its line", async (t) => {
      const p = place(t, as);
      const main = p.files("main", { Dockerfile: `FROM scratch\nADD ${server.origin}/missing?key=secret /\n` });
      const { code, stderr } = await p.build([main]);
      t.equal(code, 1);
      t.match(stderr, /\/missing does not exist: 127\.0\.0\.1:\d+ answers 404/);
      t.match(stderr, /Dockerfile:2/);
    });

    await t.test(
      "ADD of a git repository puts a commit's files in the place, .git only where it is asked for",
      async (t) => {
        const p = place(t, as);
        const repositories = join(p.directory, "repositories");
        mkdirSync(repositories);
        const repository = gitRepository(join(repositories, "app"));
        const first = repository.commit({ file: "one\n", "sub/deep": "deep\n" });
        repository.git("tag", "v1");
        repository.commit({ file: "two\n" }, commitTime + 9);
        const git = await startGitServer(t, repositories);
        const url = `${git.origin}/app/.git`;
        const text = (line: string): string => `FROM scratch\n${line}\n`;
        const added = async (line: string): Promise<Readonly<Record<string, string>>> => {
          p.files("main", { Dockerfile: text(line) });
          return contents(await p.entries([join(p.directory, "main")]));
        };
        const one = { app: "directory", "app/file": "one\n", "app/sub": "directory", "app/sub/deep": "deep\n" };
        t.strictSame(await added(`ADD ${url} /app`), { ...one, "app/file": "two\n" });
        t.strictSame(await added(`ADD ${url}#v1 /app`), one);
        t.strictSame(await added(`ADD ${url}?tag=v1&subdir=sub /app/`), { app: "directory", "app/deep": "deep\n" });
        t.strictSame(await added(`ADD --checksum=${first} ${url}#v1 /app`), one);
        const kept = await added(`ADD --keep-git-dir=true ${url}#v1 /app`);
        t.ok(kept["app/.git/HEAD"]);
        t.strictSame(await added(`ADD --exclude=sub ${url}#v1 /app`), { app: "directory", "app/file": "one\n" });
        p.files("main", { Dockerfile: text(`ADD --checksum=${first} ${url} /app`) });
        t.match(await p.build([join(p.directory, "main")]), { code: 1, stderr: /is the commit \w+, not / });
        p.files("main", { Dockerfile: text("ADD git://127.0.0.1/x.git /app") });
        t.match(await p.build([join(p.directory, "main")]), { code: 1, stderr: /git is not asked over git:\/\// });
      },
    );

    await t.test(
      "ADD unpacks what a URL gives, and leaves a local archive whole, where --unpack says so",
      async (t) => {
        const p = place(t, as);
        const main = p.files("main", { "tree/dir/file": "packed\n" });
        const archive = execFileSync("tar", [
          "-C",
          join(main, "tree"),
          "--owner=3",
          "--group=4",
          "--gzip",
          "-cf",
          "-",
          ".",
        ]);
        const archives = await startWebServer(t, (_, response) => void response.end(archive));
        writeFileSync(join(main, "local.tar.gz"), archive);
        const url = `${archives.origin}/far.tar.gz`;
        const text = `FROM scratch\nADD --unpack ${url} /far/\nADD --unpack=true --chown=7:8 ${url} /owned/\nADD --unpack=false ${url} local.tar.gz /whole/\nADD local.tar.gz /near/\n`;
        writeFileSync(join(main, "Dockerfile"), text);
        const entries = await p.entries([main]);
        for (const path of ["far", "near"])
          t.match(entries[`${path}/dir/file`], { is: "packed\n", owner: "3:4", mode: "0644" }, path);
        t.match(entries["owned/dir/file"], { is: "packed\n", owner: "7:8" });
        t.match(entries["whole/far.tar.gz"], { mode: "0600" });
        t.match(entries["whole/local.tar.gz"], { mode: "0644" });
        t.notOk(entries["whole/dir"]);
      },
    );

    await t.test("tokens of --secret open what ADD fetches, and are seen nowhere", async (t) => {
      const p = place(t, as);
      const token = "hunter2-of-nobody";
      const repositories = join(p.directory, "repositories");
      gitRepository(join(repositories, "app")).commit({ file: "private\n" });
      const login = `Basic ${Buffer.from(`x-access-token:${token}`).toString("base64")}`;
      const git = await startGitServer(t, repositories, login);
      const shown: string[] = [];
      const files = await startWebServer(t, ({ headers }, response) => {
        shown.push(...processesWith(token), ...processesWith(login));
        if (headers.authorization === `Bearer ${token}`) return void response.end(content);
        response.writeHead(401).end();
      });
      const text = `FROM scratch\nADD --keep-git-dir=true ${git.origin}/app/.git /app\nADD ${files.origin}/file /\n`;
      const main = p.files("main", { Dockerfile: text });
      const denied = await p.build([main]);
      t.match(denied, {
        code: 1,
        stderr: /--secret id=(GIT_AUTH_TOKEN\.127\.0\.0\.1:\d+|HTTP_AUTH_TOKEN_127\.0\.0\.1),env=/,
      });
      const secrets = [`GIT_AUTH_TOKEN.${new URL(git.origin).host}`, "HTTP_AUTH_TOKEN_127.0.0.1"];
      const args = secrets.flatMap((id) => ["--secret", `id=${id},env=TOKEN`]);
      const entries = await p.entries([...args, main], { env: { TOKEN: token } });
      t.match(contents(entries), { "app/file": "private\n", file: content });
      t.strictSame(shown, [], "no command line holds it");
      for (const secret of [token, login.slice(6)])
        t.equal(spawnSync("grep", ["-raF", secret, p.directory]).status, 1, "nor a file of the store or of the image");
    });
  });
}

/** Command lines of this machine that hold a text. */
function processesWith(text: string): string[] {
  const lines = readdirSync("/proc").map((id) => {
    try {
      return /^\d+$/.test(id) ? readFileSync(`/proc/${id}/cmdline`, "latin1") : "";
    } catch {
      return "";
    }
  });
  return lines.filter((line) => line.includes(text));
}
