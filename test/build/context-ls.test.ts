import { execFileSync } from "node:child_process";
import { join } from "node:path";
import t from "tap";
import { ociBuild } from "../support/cli.ts";
import type { Ended, ProcessOptions } from "../support/process.ts";
import { contents, place, type Place } from "../support/place.ts";

const tree = {
  Dockerfile: "FROM scratch\nCOPY . /\n",
  ".dockerignore": "# comment\n*.log\nnode_modules\n!node_modules/keep\n**/*.tmp\n/secret \n",
  "a.log": "x",
  "src/a.ts": "12345",
  "src/b.tmp": "x",
  "src/deep/c.log": "1",
  "node_modules/drop/x": "x",
  "node_modules/keep/y": "1",
  secret: "x",
};

const list = (p: Place, args: readonly string[], options: ProcessOptions = {}): Promise<Ended> =>
  ociBuild(["context", "ls", "--root", join(p.directory, "store"), ...args], { cwd: p.directory, ...options });

t.test("context ls lists what COPY sees, which is what COPY . copies (traps 39 and 41)", async (t) => {
  const p = place(t, "self");
  const directory = p.files("main", tree);
  const { code, stdout, stderr } = await list(p, [directory]);
  t.equal(code, 0, stderr);
  t.equal(
    stdout,
    [
      "SIZE   PATH",
      "66B    .dockerignore",
      "22B    Dockerfile",
      "       node_modules/keep/",
      "1B     node_modules/keep/y",
      "       src/",
      "5B     src/a.ts",
      "       src/deep/",
      "1B     src/deep/c.log",
      "8 entries, 95B",
      "",
    ].join("\n"),
  );
  const copied = Object.keys(contents(await p.entries([directory]))).sort();
  const { entries } = JSON.parse((await list(p, ["--format", "json", directory])).stdout) as {
    entries: { path: string }[];
  };
  t.strictSame(
    copied,
    [...entries.map(({ path }) => path), "node_modules"].sort(),
    "a directory comes along with what is kept below it",
  );
});

t.test("context ls --why names the pattern that drops a file", async (t) => {
  const p = place(t, "self");
  const directory = p.files("main", tree);
  const { stdout } = await list(p, ["--why", "--format=json", directory]);
  const { entries, count } = JSON.parse(stdout) as { entries: { path: string; droppedBy?: string }[]; count: number };
  const dropped = entries.flatMap(({ path, droppedBy }) => (droppedBy === undefined ? [] : [[path, droppedBy]]));
  t.strictSame(dropped, [
    ["a.log", "*.log"],
    ["node_modules", "node_modules"],
    ["node_modules/drop", "node_modules"],
    ["secret", "secret"],
    ["src/b.tmp", "**/*.tmp"],
  ]);
  t.equal(count, entries.length - dropped.length);
  t.match((await list(p, ["--why", directory])).stdout, /1B {5}a\.log +\*\.log\n/);
});

t.test("the ignore file of a Dockerfile counts instead of the context's (trap 42)", async (t) => {
  const p = place(t, "self");
  const directory = p.files("main", {
    ...tree,
    "ci/x": "FROM scratch\nCOPY . /\n",
    "ci/x.dockerignore": "*\n!secret\n",
  });
  const { stdout } = await list(p, ["-f", "main/ci/x", directory]);
  t.equal(stdout, "SIZE   PATH\n1B     secret\n1 entry, 1B\n");
  t.strictSame(contents(await p.entries(["-f", "main/ci/x", directory])), { secret: "x" });
});

t.test("a Dockerfile that is ignored still builds, but cannot be copied (trap 40)", async (t) => {
  const p = place(t, "self");
  const ignore = "Dockerfile\n.dockerignore\n";
  const directory = p.files("main", { Dockerfile: "FROM scratch\nCOPY . /\n", ".dockerignore": ignore, file: "x" });
  t.strictSame(contents(await p.entries([directory])), { file: "x" });
  p.files("main", { Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" });
  const { code, stderr } = await p.build([directory]);
  t.equal(code, 1);
  t.match(stderr, /"Dockerfile": not found/);
  t.match(stderr, /it exists, but the ignore list drops it with "Dockerfile"/);
});

t.test("a context that is no directory is listed whole, without a Dockerfile", async (t) => {
  const p = place(t, "self");
  const directory = p.files("main", { ".dockerignore": "x\n", x: "x" });
  const input = execFileSync("tar", ["-C", directory, "-cf", "-", "."]);
  t.equal((await list(p, ["-"], { input })).stdout, "SIZE   PATH\n2B     .dockerignore\n1B     x\n2 entries, 3B\n");
  t.match(await list(p, ["nothing"]), { code: 1, stderr: /the build context nothing does not exist/ });
});
