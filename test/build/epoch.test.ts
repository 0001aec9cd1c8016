import { execFileSync } from "node:child_process";
import { utimesSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import t from "tap";
import { startGitServer } from "../support/git-server.ts";
import { commitTime, gitRepository } from "../support/git-repository.ts";
import { place } from "../support/place.ts";
import { giveTo, mayBeRoot } from "../support/users.ts";
import { startWebServer } from "../support/web-server.ts";

const as = "ocib-subids";
const said = 1_500_000_000;
const newest = 1_400_000_000;

void t.test("SOURCE_DATE_EPOCH takes its time from what it names, as BuildKit does", async (t) => {
  if (!mayBeRoot(t)) return;
  const p = place(t, as);
  const copies = "FROM scratch\nCOPY <<x /\nhere\nx\n";
  const tree = p.files("tree", { Dockerfile: copies, old: "old\n" });
  for (const file of ["Dockerfile", "old"]) utimesSync(join(tree, file), newest, newest - Number(file === "old"));
  const archive = execFileSync("tar", ["-C", tree, "--gzip", "-cf", "-", "."]);
  const server = await startWebServer(t, ({ url = "" }, response) => {
    if (!url.includes("silent")) response.setHeader("last-modified", new Date(said * 1000).toUTCString());
    if (url.endsWith(".tar.gz")) return void response.end(archive);
    if (url.endsWith(".gz")) return void response.end(gzipSync("no archive"));
    response.end(copies);
  });
  const git = await startGitServer(t, p.directory);
  const repository = gitRepository(join(p.directory, "r"));
  repository.commit({ Dockerfile: copies, "sub/file": "x\n" });
  giveTo(as, repository.path);

  const staged = (add: string): string => `ARG SOURCE_DATE_EPOCH=src\nFROM scratch AS src\nADD ${add} /\n${copies}`;
  const digest = `sha256:${execFileSync("sha256sum", { input: archive, encoding: "utf8" }).slice(0, 64)}`;
  const context = ["--build-arg", "SOURCE_DATE_EPOCH=context"];
  const named = ["--build-arg", "SOURCE_DATE_EPOCH=named", tree];
  for (const [title, args, time, input] of [
    ["a directory has none", [...context, tree], 0],
    ["an archive on standard input: its newest file", [...context, "-"], newest, archive],
    ["an archive of a server: what the server says", [...context, `${server.origin}/a.tar.gz`], said],
    ["else its newest file", [...context, `${server.origin}/silent.tar.gz`], newest],
    ["a Dockerfile of a server", [...context, `${server.origin}/Dockerfile`], said],
    ["a commit", [...context, repository.url], commitTime],
    ["a named directory has none", ["--build-context", `named=${tree}`, ...named], 0],
    ["a named archive", ["--build-context", `named=${server.origin}/silent.tar.gz`, ...named], newest],
    ["a named repository", ["--build-context", `named=${repository.url}#main:sub`, ...named], commitTime],
    ["a stage with a URL", ["-"], said, staged(`${server.origin}/file`)],
    ["a stage with an archive", ["-"], newest, staged(`${server.origin}/silent.tar.gz`)],
    ["an archive of a known digest", ["-"], newest, staged(`--checksum=${digest} ${server.origin}/a.tar.gz`)],
    ["a compressed file that is no archive has none", ["-"], 0, staged(`${server.origin}/silent.gz`)],
    ["a stage with a repository", ["-"], commitTime, staged(`${git.origin}/r/.git`)],
  ] as const) {
    const entries = await p.entries(args, input === undefined ? {} : { input });
    t.equal(entries["x"]?.mtime, time, title);
  }
  const unknown = await p.build(["--build-arg", "SOURCE_DATE_EPOCH=contxt", tree]);
  t.match(unknown, { code: 1, stderr: /SOURCE_DATE_EPOCH=contxt is neither a number .*did you mean context/ });
  const asked = server.requests.filter(({ url }) => url === "/file").length;
  t.equal(asked, 1, "a stage that only gives its time is fetched once, and not built");
});
