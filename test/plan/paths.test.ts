import t from "tap";
import { isDirectory, joinDestination, joinWorkdir } from "../../src/plan/paths.ts";

t.test("WORKDIR joins and cleans", (t) => {
  const rows: readonly [string, string, string][] = [
    ["/", "a", "/a"],
    ["/a", "b/", "/a/b"],
    ["/a", "/b/", "/b"],
    ["/a", "..", "/"],
    ["/", "../../x", "/x"],
    ["/a", "", "/a"],
    ["", "b", "/b"],
    ["/a", "/", "/"],
    ["/a", "//b//c/./d", "/b/c/d"],
  ];
  for (const [current, path, joined] of rows) t.equal(joinWorkdir(current, path), joined, `${current} ${path}`);
  t.end();
});

t.test("a destination keeps the slash that says directory", (t) => {
  const rows: readonly [string, string, string][] = [
    ["/w", "a", "/w/a"],
    ["/w", "a/", "/w/a/"],
    ["/w", ".", "/w/"],
    ["/w", "./", "/w/"],
    ["/w", "", "/w/"],
    ["/w", "a/.", "/w/a/"],
    ["/w", "/", "/"],
    ["/", ".", "/"],
    ["/w", "/b/", "/b/"],
    ["/w", "../b", "/b"],
  ];
  for (const [workdir, path, joined] of rows) t.equal(joinDestination(workdir, path), joined, `${workdir} ${path}`);
  t.ok(isDirectory(".."));
  t.notOk(isDirectory("a"));
  t.notOk(isDirectory("a.."));
  t.end();
});
