import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { checkOut, findCommit, type GitTree } from "../../src/fetch/git.ts";
import { parseGitLocation } from "../../src/location/git-location.ts";
import { type FetchingHere, fetchingHere } from "../support/fetching.ts";
import { commitTime, gitRepository } from "../support/git-repository.ts";
import { startGitServer } from "../support/git-server.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { startWebServer } from "../support/web-server.ts";

async function tree(text: string, fetching: FetchingHere, keepGitDir = false): Promise<GitTree> {
  const location = parseGitLocation(text);
  if (location === undefined) throw new TypeError(`${text} is no git location`);
  return checkOut(await findCommit(location, fetching), keepGitDir, fetching);
}

const read = ({ directory }: GitTree, name: string): string => readFileSync(join(directory, name), "utf8");

t.test("branches, tags and commits lead to their files", async (t) => {
  const repository = gitRepository(join(temporaryDirectory(t), "r"));
  const first = repository.commit({ file: "one\n", "sub/x": "x\n" });
  repository.git("tag", "light");
  repository.git("tag", "-a", "-m", "annotated", "v1");
  repository.git("checkout", "--quiet", "-b", "dev/x");
  const second = repository.commit({ file: "two\n" }, commitTime + 5);
  repository.git("tag", "both", first);
  repository.git("branch", "both", second);
  repository.git("checkout", "--quiet", "main");
  const fetching = await fetchingHere(t);
  const rows: readonly (readonly [string, string, string])[] = [
    ["", first, "one\n"],
    ["#main", first, "one\n"],
    ["#dev/x", second, "two\n"],
    ["#refs/heads/dev/x", second, "two\n"],
    ["?branch=dev/x", second, "two\n"],
    ["#light", first, "one\n"],
    ["#v1", first, "one\n"],
    ["?tag=v1", first, "one\n"],
    ["#both", second, "two\n"],
    ["?tag=both", first, "one\n"],
    [`#${second}`, second, "two\n"],
    [`?commit=${first}`, first, "one\n"],
    [`?branch=dev/x&checksum=${second.slice(0, 8)}`, second, "two\n"],
  ];
  for (const [suffix, commit, content] of rows) {
    const found = await tree(repository.url + suffix, fetching);
    t.equal(found.commit, commit, suffix);
    t.equal(read(found, "file"), content, suffix);
    t.equal(found.time, commit === first ? commitTime : commitTime + 5, suffix);
    t.notOk(existsSync(join(found.directory, ".git")), suffix);
  }
  const sub = await tree(`${repository.url}#main:sub`, fetching);
  t.equal(read(sub, "x"), "x\n");
  for (const suffix of ["#nothing", "?tag=main", "?branch=v1", `#${first.slice(0, 12)}`])
    await t.rejects(tree(repository.url + suffix, fetching), { code: "git-ref-missing" }, suffix);
  await t.rejects(tree(`${repository.url}#main:nothing`, fetching), { code: "git-subdirectory-missing" });
  await t.rejects(tree(`${repository.url}#main:file`, fetching), { code: "git-subdirectory-missing" });
  await t.rejects(tree(`${repository.url}?ref=main&commit=${second}`, fetching), {
    code: "checksum-mismatch",
    message: `main of ${repository.url} is the commit ${first}, not ${second}`,
  });
});

t.test("a server of plain files, which has nothing shallow, gives a repository too", async (t) => {
  const root = temporaryDirectory(t);
  const repository = gitRepository(join(root, "r.git"));
  const first = repository.commit({ file: "one\n" });
  repository.commit({ file: "two\n" });
  repository.git("update-server-info");
  const { origin } = await startWebServer(t, (request, response) => {
    const path = join(root, new URL(request.url ?? "", "http://localhost").pathname);
    if (existsSync(path) && statSync(path).isFile()) response.end(readFileSync(path));
    else response.writeHead(404).end();
  });
  const fetching = await fetchingHere(t);
  t.equal(read(await tree(`${origin}/r.git/.git`, fetching), "file"), "two\n");
  t.equal(read(await tree(`${origin}/r.git/.git?commit=${first}`, fetching), "file"), "one\n");
});

t.test("a commit is checked out once", async (t) => {
  const repository = gitRepository(join(temporaryDirectory(t), "r"));
  repository.commit({ file: "one\n" });
  const fetching = await fetchingHere(t);
  const first = await tree(repository.url, fetching);
  t.strictSame(await tree(repository.url, fetching), first);
  const outcomes = fetching.events.flatMap((event) => (event.kind === "step-finished" ? [event.outcome.kind] : []));
  t.strictSame(outcomes, ["done", "cached"]);
  repository.commit({ file: "two\n" });
  t.equal(read(await tree(repository.url, fetching), "file"), "two\n", "a moved branch is seen");
});

t.test("files have the permissions of umask 022, whatever the user's", async (t) => {
  const repository = gitRepository(join(temporaryDirectory(t), "r"));
  writeFileSync(join(repository.path, "run.sh"), "#!/bin/sh\n");
  chmodSync(join(repository.path, "run.sh"), 0o755);
  repository.commit({ "dir/file": "x" });
  const umask = process.umask(0o077);
  t.teardown(() => process.umask(umask));
  const { directory } = await tree(repository.url, await fetchingHere(t));
  process.umask(umask);
  const mode = (name: string): number => statSync(join(directory, name)).mode & 0o7777;
  t.equal(mode("dir/file"), 0o644);
  t.equal(mode("run.sh"), 0o755);
  t.equal(mode("dir"), 0o755);
});

t.test("submodules come along unless they are left out", async (t) => {
  const base = temporaryDirectory(t);
  const inner = gitRepository(join(base, "inner"));
  inner.commit({ inner: "inner\n" });
  const outer = gitRepository(join(base, "outer"));
  outer.commit({ outer: "outer\n" });
  outer.git("submodule", "--quiet", "add", "../inner", "deep/module");
  outer.commit({});
  const fetching = await fetchingHere(t);
  const whole = await tree(outer.url, fetching);
  t.equal(read(whole, "deep/module/inner"), "inner\n");
  t.notOk(existsSync(join(whole.directory, "deep/module/.git")));
  const without = await tree(`${outer.url}?submodules=false`, fetching);
  t.notOk(existsSync(join(without.directory, "deep/module/inner")));
  const kept = await tree(outer.url, fetching, true);
  t.ok(existsSync(join(kept.directory, "deep/module/.git")));
});

t.test("a .git that is kept works, and says nothing of this machine", async (t) => {
  const repository = gitRepository(join(temporaryDirectory(t), "r"));
  const commit = repository.commit({ file: "one\n" });
  const { directory } = await tree(repository.url, await fetchingHere(t), true);
  const git = (...args: string[]): string =>
    execFileSync("git", ["-C", directory, ...args], { encoding: "utf8" }).trim();
  t.equal(git("rev-parse", "HEAD"), commit);
  t.equal(git("config", "remote.origin.url"), repository.url);
  t.notOk(existsSync(join(directory, ".git/logs")));
  t.equal(git("status", "--porcelain"), "");
});

t.test("mtime=commit gives files the time of the commit", async (t) => {
  const repository = gitRepository(join(temporaryDirectory(t), "r"));
  repository.commit({ "dir/file": "one\n", link: "->dir" });
  const { directory } = await tree(`${repository.url}?mtime=commit`, await fetchingHere(t));
  for (const name of ["dir", "dir/file"]) t.equal(statSync(join(directory, name)).mtimeMs, commitTime * 1000, name);
});

t.test("no hook, configuration or link of a repository leads out of its tree", async (t) => {
  const repository = gitRepository(join(temporaryDirectory(t), "r"));
  const marker = join(temporaryDirectory(t), "marker");
  repository.commit({ escape: "->/etc", "hooks/post-checkout": `#!/bin/sh\ntouch ${marker}\n` });
  chmodSync(join(repository.path, "hooks/post-checkout"), 0o755);
  repository.commit({});
  const fetching = await fetchingHere(t);
  const home = temporaryDirectory(t);
  writeFileSync(join(home, ".gitconfig"), `[core]\n\thooksPath = ${repository.path}/hooks\n`);
  await tree(repository.url, { ...fetching, environment: { ...process.env, HOME: home } });
  t.notOk(existsSync(marker), "no hook ran");
  await t.rejects(tree(`${repository.url}#main:escape`, fetching), { code: "git-subdirectory-missing" });
});

t.test("a submodule over a protocol that was not asked for is refused", async (t) => {
  const base = temporaryDirectory(t);
  const repository = gitRepository(join(base, "r"));
  repository.commit({ ".gitmodules": '[submodule "x"]\n\tpath = x\n\turl = ext::sh -c touch% /tmp/never\n' });
  repository.git("update-index", "--add", "--cacheinfo", `160000,${repository.git("rev-parse", "HEAD")},x`);
  repository.git("commit", "--quiet", "-m", "submodule");
  await t.rejects(tree(repository.url, await fetchingHere(t)), { code: "git-failed", hint: /submodules=false/ });
});

t.test("a repository that is not there is named, without its password", async (t) => {
  const error = await failure(t, "http://user:hunter2@127.0.0.1:1/x.git");
  t.match(error, { code: "git-failed", message: "git ls-remote of http://127.0.0.1:1/x.git failed" });
  t.notMatch(JSON.stringify(error), /hunter2/);
});

t.test("a token opens a private repository, and stands in nothing that is kept", async (t) => {
  const base = temporaryDirectory(t);
  gitRepository(join(base, "r")).commit({ file: "private\n" });
  const value = `Basic ${Buffer.from("x-access-token:hunter2").toString("base64")}`;
  const { origin } = await startGitServer(t, base, value);
  const { host } = new URL(origin);
  const url = `${origin}/r/.git`;
  t.match(await failure(t, url), { hint: new RegExp(`--secret id=GIT_AUTH_TOKEN\\.${host},`) });
  for (const id of ["GIT_AUTH_TOKEN", `GIT_AUTH_TOKEN.${host}`]) {
    const fetching = { ...(await fetchingHere(t)), secrets: new Map([[id, Buffer.from("hunter2\n")]]) };
    const found = await tree(url, fetching, true);
    t.equal(read(found, "file"), "private\n", id);
    const { root } = fetching.store.paths;
    for (const secret of ["hunter2", value.slice(6)])
      t.equal(spawnSync("grep", ["-rF", secret, root]).status, 1, "neither the store nor .git/config holds it");
  }
});

t.test("a token is not sent to where a server redirects", async (t) => {
  const base = temporaryDirectory(t);
  gitRepository(join(base, "r")).commit({ file: "x\n" });
  const thief = await startGitServer(t, base);
  const { origin } = await startWebServer(t, ({ url = "" }, response) => {
    response.writeHead(301, { location: `${thief.origin}${url}` }).end();
  });
  const url = `${origin}/r/.git`;
  t.equal(read(await tree(url, await fetchingHere(t)), "file"), "x\n", "without one a redirect is followed");
  const asked = thief.requests.length;
  const secrets = new Map([["GIT_AUTH_TOKEN", Buffer.from("hunter2")]]);
  await t.rejects(tree(url, { ...(await fetchingHere(t)), secrets }), { code: "git-failed", hint: /redirects/ });
  t.match(await failure(t, url.replace("://", "://user:hunter2@")), { hint: /redirects/ });
  t.equal(thief.requests.length, asked);
});

async function failure(t: Test, url: string): Promise<unknown> {
  try {
    await tree(url, await fetchingHere(t));
  } catch (error) {
    return error;
  }
  return t.fail("it did not fail");
}
