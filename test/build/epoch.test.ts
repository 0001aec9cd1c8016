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

void t.test("the flags say the time as buildx and buildah do, and now keeps times as they are", async (t) => {
  if (!mayBeRoot(t)) return;
  const p = place(t, as);
  const tree = p.files("tree", { Dockerfile: "FROM scratch\nCOPY old /\nCOPY <<x /\nhere\nx\n", old: "old\n" });
  utimesSync(join(tree, "old"), 500, 500);
  const archive = execFileSync("tar", ["-C", tree, "-cf", "-", "."]);
  for (const [flags, old, fresh] of [
    [["--source-date-epoch", "1000"], 500, 1000],
    [["--source-date-epoch=400"], 400, 400],
    [["--timestamp", "1000"], 500, 1000],
  ] as const) {
    const entries = await p.entries([...flags, tree], { env: { SOURCE_DATE_EPOCH: "3" } });
    t.same([entries["old"]?.mtime, entries["x"]?.mtime], [old, fresh], flags.join(" "));
  }
  const ofArchive = await p.entries(["--source-date-epoch=context", "-"], { input: archive });
  t.ok((ofArchive["x"]?.mtime ?? 0) > 1_700_000_000, "the newest file of an archive");
  const start = Math.floor(Date.now() / 1000);
  for (const flags of [["--source-date-epoch", "now"], ["--timestamp=now"], ["--build-arg", "SOURCE_DATE_EPOCH=now"]]) {
    const entries = await p.entries(["--no-cache", ...flags, tree]);
    t.equal(entries["old"]?.mtime, 500, flags.join(" "));
    t.ok((entries["x"]?.mtime ?? 0) >= start, flags.join(" "));
  }
  for (const [flags, stderr] of [
    [["--timestamp", "1", "--source-date-epoch", "1"], /both say the time of the image/],
    [["--timestamp", "1", "--build-arg", "SOURCE_DATE_EPOCH=1"], /--timestamp and --build-arg SOURCE_DATE_EPOCH both/],
    [["--timestamp", "context"], /--timestamp: "context" is neither a number of seconds since 1970 nor now/],
    [["--source-date-epoch", "-1"], /"-1" is neither a number of seconds since 1970 nor context or now/],
    [["--source-date-epoch", "2020-01-01"], /"2020-01-01" is neither/],
  ] as const)
    t.match(await p.build([...flags, tree]), { code: 2, stderr }, flags.join(" "));
});
