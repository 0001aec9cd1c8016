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
  t.throws(() => stepsOf("ADD https://a.org/b /x"), { code: "url-unsupported" });
  t.throws(() => stepsOf("ADD git@a.org:b /x"), { code: "git-unsupported" });
  t.end();
});

t.test("--checksum takes one source, and that is fetched", (t) => {
  for (const words of ["a /x", "https://a.org/b https://a.org/c /x/", "<<E /x\nE"])
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
