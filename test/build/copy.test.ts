import { chmodSync, chownSync, linkSync, symlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { type Bases, startBases } from "../support/bases.ts";
import { builtTree } from "../support/image-tree.ts";
import { type Files, type Project, project, stepsWith } from "../support/project.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { mayBeRoot } from "../support/users.ts";

t.test("COPY", async (t) => {
  if (!mayBeRoot(t)) return;
  const bases = await startBases(t);
  await t.test("--parents", (t) => parents(t));
  await t.test("--exclude", (t) => exclude(t));
  await t.test("owners and modes", (t) => ownersAndModes(t, bases));
  await t.test("destinations", (t) => destinations(t, bases));
  await t.test("heredocs", (t) => heredocs(t));
  await t.test("--link", (t) => link(t, bases));
  await t.test("what cannot be copied", (t) => failures(t));
});

const scratch = (t: Test, lines: string, files: Files): Project =>
  project(t, { Dockerfile: `FROM scratch\n${lines}`, ...files });

async function parents(t: Test): Promise<void> {
  const lines = [
    "COPY --parents src/a/f.txt src/b /plain/",
    "COPY --parents src/./a/f.txt /pivot",
    "COPY --parents --exclude=**/skip.txt **/*.txt /deep/",
    "COPY --parents --chown=5:6 --chmod=go-rwx src/b/ /owned",
  ];
  const p = scratch(t, lines.join("\n"), {
    "src/a/f.txt": "f",
    "src/a/g.md": "g",
    "src/b/h.txt": "h",
    "src/b/skip.txt": "s",
    "top.txt": "t",
  });
  chmodSync(join(p.context, "src/a"), 0o1750);
  const tree = await builtTree(t, p);
  t.same(tree.names("plain/src"), ["a", "b"]);
  t.equal(tree.show("plain/src/a"), "d 1750 0:0", "directories on the way keep their metadata (trap 43)");
  t.same(tree.names("plain/src/a"), ["f.txt"]);
  t.same(tree.names("pivot"), ["a"], "the path is counted from /./ (trap 43)");
  t.equal(tree.show("pivot/a/f.txt"), "f 644 0:0 f");
  t.same(tree.names("deep"), ["src", "top.txt"]);
  t.same(tree.names("deep/src/b"), ["h.txt"]);
  t.equal(tree.show("owned/src"), "d 700 5:6");
  t.equal(tree.show("owned/src/b/h.txt"), "f 600 5:6 h");
}

async function exclude(t: Test): Promise<void> {
  const lines = [
    "COPY --exclude=*.md --exclude=**/deep/*.txt --exclude=!keep.md . /tree/",
    "COPY --exclude=*.txt hom* /matched/",
  ];
  const p = scratch(t, lines.join("\n"), {
    ".dockerignore": "Dockerfile\n.dockerignore\n",
    "a.md": "a",
    "keep.md": "k",
    "sub/b.md": "b",
    "sub/deep/c.txt": "c",
    "home.txt": "h",
    "home.doc": "h",
  });
  const tree = await builtTree(t, p);
  t.same(tree.names("tree"), ["home.doc", "home.txt", "keep.md", "sub"], "relative to the source (trap 44)");
  t.same(tree.names("tree/sub"), ["b.md", "deep"]);
  t.same(tree.names("tree/sub/deep"), [], "a directory that is emptied stays (trap 44)");
  t.same(tree.names("matched"), ["home.doc"], "files that a pattern matched go by their name");
}

async function ownersAndModes(t: Test, { busybox }: Bases): Promise<void> {
  const dockerfile = `FROM ${busybox}
COPY set-id /default/
COPY --chown=app dir /name/deep
COPY --chown=app:staff dir /names
COPY --chown=1234 dir /number
COPY --chown=app: dir /empty-group
COPY --chmod=640 dir /octal/deep
COPY --chmod=a=rX,u+w dir /symbolic/deep
COPY [ "with space[[]1]", "/brackets/" ]
COPY dir/l* /linked/
`;
  const p = project(t, { Dockerfile: dockerfile, "set-id": "s", "dir/f": "f", "with space[1]": "w" });
  chownSync(join(p.context, "set-id"), 1000, 1000);
  chmodSync(join(p.context, "set-id"), 0o6755);
  chmodSync(join(p.context, "dir/f"), 0o750);
  symlinkSync("f", join(p.context, "dir/link"));
  linkSync(join(p.context, "dir/f"), join(p.context, "dir/hard"));
  utimesSync(join(p.context, "dir/f"), 7, 7);
  const tree = await builtTree(t, p, ["--build-arg", "SOURCE_DATE_EPOCH=1000"]);
  t.equal(tree.show("default/set-id"), "f 6755 0:0 s", "files of the context are root's and keep their mode (trap 1)");
  t.equal(tree.show("name"), "d 755 1000:1000", "parents too are given away (trap 18)");
  t.equal(tree.show("name/deep/f"), "f 750 1000:1000 f", "a name brings its primary group (trap 19)");
  t.equal(tree.show("name/deep/link"), "l 1000:1000 f", "links inside a directory are links (trap 12)");
  t.equal(tree.show("names/f"), "f 750 1000:50 f", "names are those of the stage (trap 19)");
  t.equal(tree.show("number/f"), "f 750 1234:1234 f", "a number alone is the group's too (trap 19)");
  t.equal(tree.show("empty-group/f"), "f 750 1000:0 f", "an empty group is 0 (trap 19)");
  t.equal(tree.show("octal"), "d 640 0:0", "an octal mode reaches the parents (trap 18)");
  t.equal(tree.show("octal/deep/f"), "f 640 0:0 f");
  t.equal(tree.show("symbolic"), "d 755 0:0", "a symbolic mode does not (trap 18)");
  t.equal(tree.show("symbolic/deep/f"), "f 755 0:0 f", "X looks at the file");
  t.equal(tree.show("brackets/with space[1]"), "f 644 0:0 w", "a bracket is escaped by a class (trap 16)");
  t.equal(tree.show("linked/link"), "f 750 0:0 f", "a link that a pattern matches is followed (trap 12)");
  const [hard, first] = ["names/hard", "names/f"].map((path) => tree.entries.find((entry) => entry.path === path));
  t.equal(hard?.sameFileAs, first?.sameFileAs, "hard links of one source stay linked (trap 23)");
  t.equal(first?.mtime, 7, "the time is the source's (trap 31)");
}

async function destinations(t: Test, { busybox }: Bases): Promise<void> {
  const dockerfile = `FROM ${busybox}
RUN mkdir -p /real /held && chmod 700 /held && chown 5:6 /held && ln -s /real /absolute && ln -s ../../../../real /climbing && echo old > /held/f
WORKDIR /work
COPY f relative
COPY f ..
COPY f /absolute/a
COPY f /climbing/b
COPY dir /held
COPY f /held/
COPY f dir/g /several/
COPY ../../f /clamped
COPY f /new/
COPY f dir/../nothing* /unmatched/
FROM ${busybox}
COPY --from=0 /absolute/a /absolute /from/
COPY --from=0 held /from-held
`;
  const p = project(t, { Dockerfile: dockerfile, f: "f", "dir/g": "g" });
  const tree = await builtTree(t, p, ["--target", "0"]);
  t.equal(tree.show("work/relative"), "f 644 0:0 f");
  t.equal(tree.show("f"), "f 644 0:0 f", "`..` is a directory");
  t.same(tree.names("real"), ["a", "b"], "links are followed inside the image (traps 10, 11)");
  t.equal(tree.show("held"), "d 700 5:6", "an existing destination keeps its metadata (trap 4)");
  t.equal(tree.show("held/f"), "f 644 0:0 f");
  t.same(tree.names("several"), ["f", "g"]);
  t.equal(tree.show("clamped"), "f 644 0:0 f", "sources are clamped to the context (trap 13)");
  t.equal(tree.show("new/f"), "f 644 0:0 f", "a slash makes a directory (trap 8)");
  t.same(tree.names("unmatched"), ["f"], "a pattern may match nothing beside a source that is found (trap 14)");
  const copied = await builtTree(t, p);
  t.same(copied.names("from"), ["a", "b"], "a named link is followed, a directory means its contents (traps 5, 12)");
  t.equal(copied.show("from-held"), "d 755 0:0", "the directory that COPY makes is root's (trap 3)");
}

async function heredocs(t: Test): Promise<void> {
  const lines = `ARG who=world
COPY <<EOF <<'raw' f /all/
hello \${who}
EOF
it is \${who}
raw
COPY --chmod=755 --chown=3:4 <<-run.sh /bin/run
\t#!/bin/sh
\trun.sh
COPY <<a*[b] /odd/
odd
a*[b]
FROM scratch
COPY --from=0 /all <<more /joined/
text
more
`;
  const p = scratch(t, lines, { f: "f" });
  const tree = await builtTree(t, p, ["--target", "0"]);
  t.same(tree.names("all"), ["EOF", "f", "raw"], "files and heredocs in one COPY (trap 38)");
  t.equal(tree.show("all/EOF"), "f 644 0:0 hello world");
  t.equal(tree.show("all/raw"), "f 644 0:0 it is ${who}", "a quoted delimiter expands nothing (trap 38)");
  t.equal(tree.show("bin/run"), "f 755 3:4 #!/bin/sh");
  t.equal(tree.show("odd/a*[b]"), "f 644 0:0 odd", "a name is no pattern");
  t.same((await builtTree(t, p)).names("joined"), ["EOF", "f", "more", "raw"]);
}

async function link(t: Test, { busybox }: Bases): Promise<void> {
  const dockerfile = (command: string): string => `FROM ${busybox}
RUN mkdir -p /real /kept && chmod 700 /kept && ln -s /real /via && ${command}
COPY --link f /via/f
COPY --link --chown=app:staff dir /kept
COPY --link --chown=12:34 <<E /kept/e
e
E
COPY --link --chmod=600 f /via/../real/moded
RUN cat /via/f /kept/g
`;
  const p = project(t, { Dockerfile: dockerfile("true"), f: "f", "dir/g": "g" });
  const tree = await builtTree(t, p);
  t.equal(tree.show("via"), "d 755 0:0", "a link of the base is replaced, not followed (trap 22)");
  t.equal(tree.show("via/f"), "f 644 0:0 f");
  t.same(tree.names("real"), ["moded"], "with --chmod it is no independent layer (trap 21)");
  t.equal(tree.show("kept/g"), "f 644 1000:50 g", "names are those of the stage");
  t.equal(tree.show("kept/e"), "f 644 12:34 e");
  t.equal(tree.show("kept"), "d 755 12:34", "its directories cannot know those below");

  p.write({ Dockerfile: dockerfile("touch /other-base") });
  const again = await p.build();
  const cached = stepsWith("CACHED", again.stderr).filter((title) => /COPY --link (?!--chmod)/.test(title));
  t.equal(cached.length, 3, `independent layers survive a new base: ${again.stderr}`);
  p.write({ Dockerfile: dockerfile("sed -i s/1000/2000/ /etc/passwd") });
  const renumbered = await builtTree(t, p);
  t.equal(renumbered.show("kept/g"), "f 644 2000:50 g", "but not when the owner's name has another number");
}

async function failures(t: Test): Promise<void> {
  const rows: readonly [string, RegExp][] = [
    ["COPY nothing /", /"nothing": not found/],
    ["COPY none/* /", /"none": not found/],
    ["COPY --parents dir/nothing /", /"dir\/nothing": not found/],
    ["COPY f g /dst", /write \/dst\//],
    ["COPY f /file\nCOPY dir /file", /not a directory/],
    ["COPY dir/ /d/f/\nCOPY f /d", /cannot replace the directory/],
    ["COPY --chown=nobody f /", /unknown user "nobody"/],
    ["COPY --link --chown=nobody f /", /unknown user "nobody"/],
    ["COPY --chmod=888 f /", /--chmod=888/],
    ["COPY https://example.org/f /", /ADD/],
  ];
  for (const [lines, says] of rows) {
    const p = scratch(t, `${lines}\n`, { f: "f", g: "g", "dir/h": "h" });
    const { code, stderr } = await p.build();
    t.equal(code, 1, lines);
    t.match(stderr, says, lines);
    t.match(stderr, /Dockerfile:\d/, `${lines}: with its line`);
  }
  const unmatched = await scratch(t, "COPY none* /\n", { f: "f" }).build();
  t.match(unmatched, { code: 0, stderr: /warning: nothing matches none\*: COPY none\* \/ copies no file/ });
  t.equal(
    unmatched.stderr.match(/nothing matches/g)?.length,
    1,
    "it is told once, although the files are looked at twice",
  );
}

t.test("ordinary users and root copy the same", async (t) => {
  if (!mayBeRoot(t)) return;
  const { busybox } = await startBases(t);
  const dockerfile = `FROM ${busybox}
COPY --link --chown=app:staff dir /linked
COPY --parents --chown=nobody dir/*.txt <<E /parents/
e
E
`;
  const digests: (string | undefined)[] = [];
  for (const as of ["self", "ocib-subids"] as const) {
    const p = project(t, { Dockerfile: dockerfile, "dir/f.txt": "f", "dir/g": "g" }, as);
    const { code, stderr } = await p.build(["-t", "app"]);
    t.equal(code, 0, stderr);
    digests.push(p.digestOf("docker.io/library/app:latest"));
  }
  t.equal(new Set(digests).size, 1, digests.join(" "));
});

t.test("the key of a COPY", async (t) => {
  const p = scratch(t, "COPY --exclude=*.log src /src\nCOPY --parents src/*.c /parents/\n", {
    "src/a.c": "a",
    "src/b.log": "b",
    other: "o",
  });
  const cached = async (): Promise<number> => {
    const { code, stderr } = await p.build();
    t.equal(code, 0, stderr);
    return stepsWith("CACHED", stderr).length;
  };
  t.equal(await cached(), 0);
  utimesSync(join(p.context, "src/a.c"), 1, 1);
  t.equal(await cached(), 2, "touching is no change (traps 94, 95)");
  p.write({ "src/b.log": "changed", other: "changed" });
  t.equal(await cached(), 2, "what is left out does not count (trap 94)");
  chmodSync(join(p.context, "src/a.c"), 0o600);
  t.equal(await cached(), 0, "a mode counts (trap 96)");
  p.write({ "src/new.h": "n" });
  t.equal(await cached(), 0, "the second COPY selects the same, but stands on another layer");
});

t.test(
  "devices of a base are in the layers of whoever copies or changes them, also where none can be made (trap 28)",
  async (t) => {
    if (!mayBeRoot(t)) return;
    const { busybox } = await startBases(t);
    const layout = join(temporaryDirectory(t, "ocib-subids"), "layout");
    const nodes = "mkdir /srv && mknod /srv/null c 1 3 && mknod -m 640 /srv/disk b 8 1 && chown 0:6 /srv/disk";
    const base = await project(t, { Dockerfile: `FROM ${busybox}\nRUN ${nodes}\n` }).build(["-o", `oci:${layout}:1`]);
    t.equal(base.code, 0, base.stderr);
    const dockerfile =
      "FROM base\nRUN chmod 600 /srv/disk\nCOPY --from=base /srv /copied\nCOPY --from=base /srv/null /one\n";
    const digests: (string | undefined)[] = [];
    for (const as of ["self", "ocib-subids"] as const) {
      const p = project(t, { Dockerfile: dockerfile }, as);
      const tree = await builtTree(t, p, ["-t", "app", "--build-context", `base=oci-layout://${layout}:1`]);
      t.equal(tree.show("srv/disk"), "b 600 0:6");
      t.same(
        [tree.show("copied/disk"), tree.show("copied/null"), tree.show("one")],
        ["b 640 0:6", "c 644 0:0", "c 644 0:0"],
      );
      digests.push(p.digestOf("docker.io/library/app:latest"));
    }
    t.equal(new Set(digests).size, 1, digests.join(" "));
  },
);
