import t from "tap";
import { planText, stepsOf } from "./plan-text.ts";

t.test("the destination is joined with WORKDIR, flags are expanded, exclusions are not", (t) => {
  const steps = stepsOf("ENV x=1\nWORKDIR /w\nCOPY --chown=$x:2 --chmod=75$x --exclude=$x a$x b/\n");
  t.match(steps.at(-1), {
    kind: "copy",
    from: { kind: "context" },
    sources: ["a1"],
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
    t.throws(() => stepsOf(`COPY ${source} /x`), { code: "copy-source-invalid" }, source);
  t.doesNotThrow(() => stepsOf("COPY http:/x git@home /x/"));
  t.end();
});

t.test("a heredoc becomes an inline file whose quotes are kept", (t) => {
  const [, step] = stepsOf("ENV a='b c'\nCOPY <<E /x\n\"$a\" '$a' \\$a it's ${u:-d}\nE\n");
  t.match(step, {
    from: { kind: "inline", files: [{ name: "E", content: "\"b c\" 'b c' $a it's d\n" }] },
    sources: ["E"],
    destination: "/x",
  });
  t.throws(() => stepsOf("COPY <<E a /x/\nE\n"), { code: "instruction-unsupported" });
  t.throws(() => planText("FROM a AS b\nFROM a\nCOPY --from=b <<E /x\nE\n"), { code: "copy-source-invalid" });
  t.end();
});
