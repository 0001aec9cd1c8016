import t from "tap";
import { sourceKind } from "../../src/plan/copy-parts.ts";
import { stepsOf } from "./plan-text.ts";

t.test("the destination is joined with WORKDIR, flags are expanded, exclusions are not", (t) => {
  const steps = stepsOf("ENV x=1\nWORKDIR /w\nCOPY --chown=$x:2 --chmod=75$x --exclude=$x a$x b/\n");
  t.match(steps.at(-1), {
    kind: "copy",
    parts: [{ kind: "paths", from: { kind: "context" }, patterns: ["a1"] }],
    destination: "/w/b/",
    owner: "1:2",
    mode: "751",
    exclude: ["$x"],
  });
  t.end();
});

t.test("several sources need a destination that is marked as a directory", (t) => {
  for (const destination of ["d/", ".", "./", "..", "/", "d/."])
    t.doesNotThrow(() => stepsOf(`COPY a b ${destination}`), destination);
  for (const destination of ["d", "/d", "./d"])
    t.throws(() => stepsOf(`COPY a b ${destination}`), { code: "copy-destination-invalid" }, destination);
  t.end();
});

t.test("the mode is octal up to 7777 or symbolic", (t) => {
  for (const mode of ["0", "644", "0755", "7777", "u+x", "go-w,a=rX", "+x", "u=g", "a=", "u+rwX,go+rX"])
    t.doesNotThrow(() => stepsOf(`COPY --chmod=${mode} a b`), mode);
  for (const mode of ["8", "17777", "rwx", "u+q", "0o755", "u+x,"])
    t.throws(() => stepsOf(`COPY --chmod=${mode} a b`), { code: "argument-invalid" }, mode);
  t.end();
});

t.test("COPY fetches neither URLs nor repositories", (t) => {
  for (const source of [
    "http://example.org/x",
    "https://example.org/x.git",
    "git@example.org:x/y.git",
    "git://example.org/x",
    "ssh://git@example.org/x",
  ])
    t.throws(() => stepsOf(`COPY ${source} /x`), { code: "copy-source-invalid", hint: /ADD/ }, source);
  t.doesNotThrow(() => stepsOf("COPY http:/x git@home github.com/a/b /x/"));
  t.end();
});

t.test("a source of ADD is a path, a URL or a git repository by its spelling", (t) => {
  const rows: readonly [string, string][] = [
    ["a", "path"],
    ["./git@a.org:b", "path"],
    ["github.com/a/b", "path"],
    ["a.git", "path"],
    ["ftp://a.org/b", "path"],
    ["http://a.org/b", "url"],
    ["https://a.org/b.tar.gz?x=.git", "url"],
    ["https://a.org/b.git/c", "url"],
    ["https://a.org/b.git", "git"],
    ["http://a.org/b.git#v1:sub", "git"],
    ["https://a.org/b.git?ref=v1", "git"],
    ["git://a.org/b", "git"],
    ["ssh://git@a.org/b", "git"],
    ["git@a.org:b", "git"],
    ["deploy-bot@a.org:b/c.git#v1", "git"],
  ];
  for (const [source, kind] of rows) t.equal(sourceKind(source), kind, source);
  t.end();
});

t.test("what ADD fetches is known before it is fetched (traps 36 and 37)", (t) => {
  const sum = `sha256:${"a".repeat(64)}`;
  const rows: readonly (readonly [string, object])[] = [
    ["https://a.org/d/b.txt?x=1#y", { kind: "url", name: "b.txt", checksum: undefined, unpack: false }],
    ["https://a.org", { kind: "url", name: "__unnamed__" }],
    ["https://a.org/d/", { kind: "url", name: "d" }],
    ["https://a.org/a%20b", { kind: "url", name: "a b" }],
    ["https://a.org/x/..%2f..%2fetc%2fpasswd", { kind: "url", name: "passwd" }],
    [`--checksum=${sum} https://a.org/b`, { kind: "url", checksum: sum }],
    ["git@a.org:b", { kind: "git", location: { remote: "git@a.org:b", ref: undefined }, keepGitDirectory: false }],
    ["--keep-git-dir git@a.org:b", { kind: "git", keepGitDirectory: true }],
    ["https://a.org/b.git?keep-git-dir=1", { kind: "git", keepGitDirectory: true }],
    ["--checksum=0123456 https://a.org/b.git#v1:s", { location: { ref: "v1", commit: "0123456", subdirectory: "s" } }],
  ];
  for (const [words, part] of rows) t.match(stepsOf(`ADD ${words} /x`)[0], { parts: [part] }, words);
  const wrong: readonly (readonly [string, string])[] = [
    ["--checksum=md5:abc https://a.org/b", "checksum-invalid"],
    [`--checksum=${sum} https://a.org/b.git`, "checksum-invalid"],
    ["--checksum=0123456 https://a.org/b.git?commit=7654321", "checksum-invalid"],
    ["https://a.org/b.git?nothing=1", "git-location-invalid"],
    ["git://a.org/b", "git-protocol-refused"],
    ["http://a.org/b.git", "git-protocol-refused"],
    ["https://[", "url-invalid"],
  ];
  for (const [words, code] of wrong) t.throws(() => stepsOf(`ADD ${words} /x`), { code }, words);
  t.end();
});

t.test("--checksum takes one source, and that is fetched", (t) => {
  for (const words of ["--unpack=false a /x", "https://a.org/b https://a.org/c /x/", "<<E /x\nE"])
    t.throws(() => stepsOf(`ADD --checksum=sha256:0 ${words}`), { code: "checksum-invalid" }, words);
  t.end();
});

t.test("a heredoc becomes an inline file whose quotes are kept", (t) => {
  const [, step] = stepsOf("ENV a='b c'\nCOPY <<E /x\n\"$a\" '$a' \\$a it's ${u:-d}\nE\n");
  t.match(step, {
    parts: [{ kind: "inline", file: { name: "E", content: "\"b c\" 'b c' $a it's d\n" } }],
    destination: "/x",
  });
  t.end();
});

t.test("files are copied in the order of writing, heredocs after them (trap 38)", (t) => {
  const [step] = stepsOf("COPY <<E a <<'F' b /x/\n1\nE\n2\nF\n");
  t.match(step, {
    createdBy: "COPY a b <<E <<F /x/ # buildkit",
    parts: [
      { kind: "paths", patterns: ["a", "b"] },
      { kind: "inline", file: { name: "E" } },
      { kind: "inline", file: { name: "F" } },
    ],
  });
  t.throws(() => stepsOf("COPY a <<E /x\nE\n"), { code: "copy-destination-invalid" });
  t.end();
});

t.test("--link counts unless --chmod is there, as in BuildKit (trap 21)", (t) => {
  t.match(stepsOf("COPY --link a /x"), [{ link: true }]);
  t.match(stepsOf("COPY --link --chmod=644 a /x"), [{ link: false }]);
  t.match(stepsOf("ARG none\nCOPY --link --chmod=$none a /x"), [{}, { link: true }], "an empty mode is none");
  t.end();
});
