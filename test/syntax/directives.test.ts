import t from "tap";
import { readDirectives } from "../../src/syntax/directives.ts";
import { readSource } from "../../src/syntax/source.ts";

const read = (text: string): ReturnType<typeof readDirectives> => readDirectives(readSource("Dockerfile", text));

t.test("directives are read from the top, whatever their case and spacing", (t) => {
  const { list, escape } = read("#  Escape =  ` \n  # syntax=docker/dockerfile:1\n#check=skip=all\nFROM a\n");
  t.strictSame(
    list.map(({ name, value }) => [name, value]),
    [
      ["escape", "`"],
      ["syntax", "docker/dockerfile:1"],
      ["check", "skip=all"],
    ],
  );
  t.equal(escape, "`");
  t.end();
});

t.test("the first line that is no directive ends them", (t) => {
  for (const text of ["# comment\n# escape=`", "\n# escape=`", "# unknown=1\n# escape=`", "FROM a\n# escape=`"])
    t.equal(read(text).escape, "\\", text);
  t.end();
});

t.test("behind a shebang line only syntax and check count", (t) => {
  t.strictSame(
    read("#!/usr/bin/x\n# escape=`\n# check=error=true\n").list.map(({ name }) => name),
    ["check"],
  );
  t.end();
});

t.test("the check options are read", (t) => {
  t.strictSame(read("# check=skip=A, B;error=true;experimental=all").check, {
    skip: ["A", "B"],
    experimental: ["all"],
    error: true,
  });
  for (const value of ["skip", "unknown=1", "error=maybe"])
    t.match(read(`# check=${value}`).problems, [{ code: "directive-invalid" }], value);
  t.end();
});

t.test("only a frontend that may differ is warned of", (t) => {
  for (const known of [
    "docker/dockerfile",
    "docker/dockerfile:1",
    "docker.io/docker/dockerfile:1.26",
    "docker/dockerfile:1.7-labs",
    "docker/dockerfile:1.4.0@sha256:00",
    "docker/dockerfile-upstream:master",
  ])
    t.strictSame(read(`# syntax=${known}`).warnings, [], known);
  for (const other of ["docker/dockerfile:1.27", "docker/dockerfile:2", "example.org/x", "tonistiigi/dockerfile:1"])
    t.equal(read(`# syntax=${other}`).warnings.length, 1, other);
  t.end();
});

t.test("a line of nothing but blanks behind a directive is read at once", (t) => {
  t.strictSame(read(`# syntax=${" ".repeat(60000)}\n`).list, []);
  t.equal(read(`# syntax=a${" ".repeat(60000)}b`).list.length, 1);
  t.end();
});
