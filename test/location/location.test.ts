import t from "tap";
import {
  type ContextLocation,
  contextName,
  type NamedLocation,
  parseContextLocation,
  parseNamedLocation,
} from "../../src/location/location.ts";

t.test("a context is a directory, standard input, a repository or a URL", (t) => {
  const rows: readonly (readonly [string, ContextLocation])[] = [
    [".", { kind: "directory", path: "." }],
    ["/srv/x", { kind: "directory", path: "/srv/x" }],
    ["-", { kind: "stdin" }],
    ["./github.com/a", { kind: "directory", path: "./github.com/a" }],
    ["http://host/a.tar", { kind: "http", url: "http://host/a.tar" }],
    ["https://host/Dockerfile?token=x", { kind: "http", url: "https://host/Dockerfile?token=x" }],
  ];
  for (const [text, expected] of rows) t.strictSame(parseContextLocation(text), expected, text);
  const remotes: readonly (readonly [string, string])[] = [
    ["https://host/b.git#main", "https://host/b.git"],
    ["git@host:b", "git@host:b"],
    ["github.com/a/b", "https://github.com/a/b.git"],
    ["github.com/a/b.git#main:sub", "https://github.com/a/b.git"],
    ["github.com/a/b/#main", "https://github.com/a/b.git"],
  ];
  for (const [text, remote] of remotes) t.match(parseContextLocation(text), { kind: "git", git: { remote } }, text);
  t.end();
});

t.test("a context that is none is refused by name", (t) => {
  for (const text of ["", "ftp://host/x", "s3://bucket/x", "docker-image://debian", "https://"])
    t.throws(() => parseContextLocation(text), { code: "context-invalid" }, text);
  t.end();
});

t.test("a named context stands for a tree or an image", (t) => {
  const digest = `sha256:${"a".repeat(64)}`;
  const rows: readonly (readonly [string, string, unknown])[] = [
    ["src=.", "src", { kind: "directory", path: "." }],
    ["src=a=b", "src", { kind: "directory", path: "a=b" }],
    ["src=https://host/x.tgz", "src", { kind: "http", url: "https://host/x.tgz" }],
    ["alpine=docker-image://debian:12", "alpine", { kind: "image", name: "debian:12" }],
    ["alpine=docker-image:debian", "alpine", { kind: "image", name: "debian" }],
    ["x=docker-image://scratch", "x", { kind: "image", name: "scratch" }],
    ["docker.io/library/alpine:latest=dir", "alpine", { kind: "directory", path: "dir" }],
    ["alpine:3.20=dir", "alpine:3.20", { kind: "directory", path: "dir" }],
    ["host:5000/x=dir", "host:5000/x", { kind: "directory", path: "dir" }],
    ["x=oci-layout://dir", "x", { kind: "layout", path: "dir", tag: undefined, digest: undefined }],
    ["x=oci-layout:///a/b:1.2", "x", { kind: "layout", path: "/a/b", tag: "1.2", digest: undefined }],
    [`x=oci-layout://a@${digest}`, "x", { kind: "layout", path: "a", tag: undefined, digest }],
    [`x=oci-layout://a:t@${digest}`, "x", { kind: "layout", path: "a", tag: "t", digest }],
  ];
  for (const [text, name, location] of rows)
    t.strictSame(parseNamedLocation(text), [name, location as NamedLocation], text);
  t.end();
});

t.test("a named context that is none is refused by name", (t) => {
  const rows: readonly (readonly [string, string])[] = [
    ["src", "context-invalid"],
    ["=dir", "context-invalid"],
    ["src=", "context-invalid"],
    ["x=target:other", "context-invalid"],
    ["x=oci-layout://", "context-invalid"],
    ["x=oci-layout://dir:", "context-invalid"],
    ["x=oci-layout://dir@sha256:abc", "digest-invalid"],
    ["x=docker-image://UPPER", "reference-invalid"],
    ["x=docker-image://", "reference-invalid"],
    ["Src=dir", "reference-invalid"],
    ["x=git://host/y.git", "git-protocol-refused"],
  ];
  for (const [text, code] of rows) t.throws(() => parseNamedLocation(text), { code }, text);
  t.end();
});

t.test("names of one image are one name", (t) => {
  for (const name of ["alpine", "alpine:latest", "library/alpine", "docker.io/library/alpine:latest"])
    t.equal(contextName(name), "alpine", name);
  t.equal(contextName("alpine:3"), "alpine:3");
  t.end();
});
