import t from "tap";
import { ignoreFileCandidates, parseIgnoreFile } from "../../src/context/ignore-file.ts";

t.test("patterns are cleaned, comments and blank lines dropped", (t) => {
  const rows: readonly (readonly [string, readonly string[]])[] = [
    ["", []],
    ["a\nb\n", ["a", "b"]],
    ["\ufeffa\r\nb", ["a", "b"]],
    ["# comment\n#\n\n  \na", ["a"]],
    [" # no comment", ["# no comment"]],
    [" a \t", ["a"]],
    ["/a\n/\n//a//b/", ["a", "/", "a/b"]],
    ["./a/../b/./c/", ["b/c"]],
    ["../a\n.\n..", ["../a", ".", ".."]],
    ["**/x\n*/y\n**", ["**/x", "*/y", "**"]],
    ["!a\n! /b/\n!./c", ["!a", "!b", "!c"]],
    ["a b\n\\!x\n[ab]", ["a b", "\\!x", "[ab]"]],
    ["a\na", ["a", "a"]],
  ];
  for (const [text, patterns] of rows) t.strictSame(parseIgnoreFile(text), patterns, JSON.stringify(text));
  t.end();
});

t.test("a lone ! is an error that names file and line", (t) => {
  for (const text of ["!", "a\n!", "a\n ! "])
    t.throws(
      () => parseIgnoreFile(text, "x.dockerignore"),
      { code: "ignore-pattern-invalid", message: /^x\.dockerignore:\d: a ! without a pattern$/ },
      JSON.stringify(text),
    );
  t.end();
});

t.test("the ignore file beside the Dockerfile comes before that of the context", (t) => {
  t.strictSame(ignoreFileCandidates("build/prod.Dockerfile", "ctx"), [
    "build/prod.Dockerfile.dockerignore",
    "ctx/.dockerignore",
  ]);
  t.strictSame(
    ignoreFileCandidates(undefined, "ctx"),
    ["ctx/.dockerignore"],
    "a Dockerfile from standard input has no place",
  );
  t.strictSame(ignoreFileCandidates("Dockerfile", undefined), ["Dockerfile.dockerignore"]);
  t.end();
});
