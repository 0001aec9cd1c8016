import t from "tap";
import { parseGitLocation, showGitRemote, type GitLocation } from "../../src/location/git-location.ts";

const plain = {
  ref: undefined,
  commit: undefined,
  subdirectory: undefined,
  keepGitDir: undefined,
  submodules: true,
  mtime: "checkout",
} as const;

t.test("fragments and queries say which tree of the repository is meant", (t) => {
  const https = { remote: "https://host/a/b.git", protocol: "https" } as const;
  const id = "0123456789abcdef0123456789abcdef01234567";
  const rows: readonly (readonly [string, Partial<GitLocation>])[] = [
    ["https://host/a/b.git", https],
    ["https://host/a/b.git#", https],
    ["https://host/a/b.git#main", { ...https, ref: "main" }],
    ["https://host/a/b.git#main:dir/sub", { ...https, ref: "main", subdirectory: "dir/sub" }],
    ["https://host/a/b.git#:dir", { ...https, subdirectory: "dir" }],
    ["https://host/a/b.git#feature/x:", { ...https, ref: "feature/x" }],
    ["https://host/a/b.git#main:/", { ...https, ref: "main" }],
    ["https://host/a/b.git#main:../../etc", { ...https, ref: "main", subdirectory: "etc" }],
    ["https://host/a/b.git#main:a/./b//../c", { ...https, ref: "main", subdirectory: "a/c" }],
    ["https://host/a/b.git#v1:with%20space", { ...https, ref: "v1", subdirectory: "with space" }],
    ["https://host/a/b.git?ref=main", { ...https, ref: "main" }],
    ["https://host/a/b.git?tag=v1", { ...https, ref: "refs/tags/v1" }],
    ["https://host/a/b.git?tag=refs/tags/v1", { ...https, ref: "refs/tags/v1" }],
    ["https://host/a/b.git?branch=dev&subdir=x", { ...https, ref: "refs/heads/dev", subdirectory: "x" }],
    ["https://host/a/b.git?ref=main#main:x", { ...https, ref: "main", subdirectory: "x" }],
    ["https://host/a/b.git?subdir=x#main:x", { ...https, ref: "main", subdirectory: "x" }],
    [`https://host/a/b.git?commit=${id}`, { ...https, ref: id, commit: id }],
    [`https://host/a/b.git?checksum=0123456&branch=dev`, { ...https, ref: "refs/heads/dev", commit: "0123456" }],
    ["https://host/a/b.git?keep-git-dir", { ...https, keepGitDir: true }],
    ["https://host/a/b.git?keep-git-dir=false", { ...https, keepGitDir: false }],
    ["https://host/a/b.git?submodules=0", { ...https, submodules: false }],
    ["https://host/a/b.git?mtime=commit", { ...https, mtime: "commit" }],
    ["https://user:secret@host/b.git", { remote: "https://user:secret@host/b.git", protocol: "https" }],
    ["http://127.0.0.1:8080/b.git", { remote: "http://127.0.0.1:8080/b.git", protocol: "http" }],
    ["http://localhost/b.git#x", { remote: "http://localhost/b.git", protocol: "http", ref: "x" }],
    ["ssh://git@host:22/~/b", { remote: "ssh://git@host:22/~/b", protocol: "ssh" }],
    ["git@host:a/b.git#main:sub", { remote: "git@host:a/b.git", protocol: "ssh", ref: "main", subdirectory: "sub" }],
    ["git@host:a/b.git?branch=x", { remote: "git@host:a/b.git", protocol: "ssh", ref: "refs/heads/x" }],
    ["file:///srv/b", { remote: "file:///srv/b", protocol: "file" }],
  ];
  for (const [text, expected] of rows) t.strictSame(parseGitLocation(text), { ...plain, ...expected }, text);
  t.end();
});

t.test("what is no git repository is left to others", (t) => {
  for (const text of [
    "",
    ".",
    "-",
    "dir/with.git",
    "./git@host:x",
    "host:path",
    "https://host/a.tar.gz",
    "https://host/a.git/x",
    "https://host/git",
    "docker-image://debian",
    "C:\\x",
  ])
    t.equal(parseGitLocation(text), undefined, text);
  t.end();
});

t.test("what could mean something else to git is refused", (t) => {
  const base = "https://host/b.git";
  for (const text of [
    `${base}#-x`,
    `${base}#--upload-pack=touch`,
    `${base}?ref=--upload-pack=touch`,
    `${base}#+main`,
    `${base}?ref=a:b`,
    `${base}#a%20b`,
    `${base}#a..b`,
    `${base}#a@{1}`,
    `${base}#a^`,
    `${base}#a~1`,
    `${base}#a%0ab`,
    `${base}#%`,
    "-oProxyCommand@host:x.git",
    `${base}?ref=a&tag=b`,
    `${base}?ref=a#b`,
    `${base}?subdir=a#:b`,
    `${base}?branch=a&tag=a`,
    `${base}?ref=`,
    `${base}?ref=a&ref=a`,
    `${base}?reff=a`,
    `${base}?commit=xyz`,
    `${base}?commit=0123`,
    `${base}?commit=0123456&checksum=1234567`,
    `${base}?submodules=maybe`,
    `${base}?mtime=now`,
    "https://[/b.git",
  ])
    t.throws(() => parseGitLocation(text), { code: "git-location-invalid" }, text);
  t.end();
});

t.test("git is asked over protocols that can be trusted", (t) => {
  for (const text of ["git://host/b.git", "http://host/b.git", "git://127.0.0.1/b.git", "http://127.0.0.1.evil/b.git"])
    t.throws(() => parseGitLocation(text), { code: "git-protocol-refused" }, text);
  t.end();
});

t.test("passwords are not shown", (t) => {
  const location = parseGitLocation("https://user:secret@host/b.git?ref=x");
  t.equal(showGitRemote({ remote: location?.remote ?? "" }), "https://host/b.git");
  t.throws(() => parseGitLocation("https://user:secret@host/b.git?x=1"), {
    message: 'cannot read the git location https://host/b.git: its query has the unknown key "x"',
  });
  t.end();
});
