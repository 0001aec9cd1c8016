import { chmodSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { startBases } from "../support/bases.ts";
import { builtTree } from "../support/image-tree.ts";
import { output } from "../support/process.ts";
import { project, type Project, stepsWith } from "../support/project.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { mayBeRoot } from "../support/users.ts";

/** What fixtures cannot say; spec-fixtures/dockerfiles/add holds the rest. */
t.test("ADD unpacks archives that GNU tar packed, for root and for an ordinary user to the same image", async (t) => {
  if (!mayBeRoot(t)) return;
  const { busybox } = await startBases(t);
  const dockerfile = `FROM ${busybox}
RUN mkdir -p /opt/app/conf && echo old > /opt/app/conf/settings && ln -s /opt/app /app && chown 7:7 /opt/app
ADD app.tar.xz /app
ADD --chown=app:staff app.tar.gz app.tar /owned/
ADD --link app.tar.bz2 /linked/deep
RUN ls -ln /opt/app /owned > /seen
`;
  const digests: (string | undefined)[] = [];
  for (const as of ["self", "ocib-subids"] as const) {
    const p = project(t, { Dockerfile: dockerfile }, as);
    await packArchives(t, p);
    const tree = await builtTree(t, p, ["-t", "app"]);
    digests.push(p.digestOf("docker.io/library/app:latest"));
    if (as !== "self") continue;
    t.equal(tree.show("opt/app"), "d 755 7:7", "the archive's root entry does not count (trap 33)");
    t.same(tree.names("opt/app/conf"), ["more", "settings"], "what is there stays");
    t.equal(tree.show("opt/app/conf/settings"), "f 640 0:33 new");
    t.equal(tree.show("opt/app/run"), "f 4755 0:0 #!/bin/sh");
    t.equal(tree.show("owned"), "d 755 1000:50");
    t.equal(tree.show("owned/conf/settings"), "f 640 1000:50 new");
    t.equal(tree.show("linked/deep/link"), "l 0:0 run");
    t.equal(tree.show("app"), "l 0:0 /opt/app", "a link at the destination is followed (trap 34)");
    const [run, hard] = ["owned/hard", "owned/run"].map((path) => tree.entries.find((entry) => entry.path === path));
    t.ok(run?.sameFileAs, "hard links stay linked");
    t.equal(run?.sameFileAs, hard?.sameFileAs);
  }
  t.equal(new Set(digests).size, 1, digests.join(" "));
});

t.test("the key of an ADD is the archive's content (traps 94, 95)", async (t) => {
  if (!mayBeRoot(t)) return;
  const p = project(t, { Dockerfile: "FROM scratch\nADD app.tar.gz /x\n" });
  await packArchives(t, p);
  const cached = async (): Promise<number> => {
    const { code, stderr } = await p.build();
    t.equal(code, 0, stderr);
    return stepsWith("CACHED", stderr).length;
  };
  t.equal(await cached(), 0);
  utimesSync(join(p.context, "app.tar.gz"), 1, 1);
  t.equal(await cached(), 1, "not its time");
  p.write({ Dockerfile: "FROM scratch\nADD --unpack=false app.tar.gz /x\n" });
  t.equal(await cached(), 0, "unpacking or not is another step");
  p.write({ Dockerfile: "FROM scratch\nADD app.tar.gz /x\n" });
  await output(["cp", join(p.context, "app.tar"), join(p.context, "app.tar.gz")]);
  t.equal(await cached(), 0);
});

t.test("an archive that is damaged or leads out is refused with its line", async (t) => {
  if (!mayBeRoot(t)) return;
  const p = project(t, { Dockerfile: "FROM scratch\nADD app.tar.gz /x\n" });
  await packArchives(t, p);
  const refused = async (...says: readonly RegExp[]): Promise<void> => {
    const { code, stderr } = await p.build();
    t.equal(code, 1, stderr);
    for (const pattern of [...says, /cannot unpack \/app.tar.gz/, /2 \|.*ADD app.tar.gz/]) t.match(stderr, pattern);
  };
  await output(["truncate", "-s", "-4", join(p.context, "app.tar.gz")]);
  await refused(/ends too early/);
  const outside = join(p.context, "outside");
  writeFileSync(outside, "x");
  const leading = ["tar", "--absolute-names", "--transform", "s,.*,../../evil,", "-cf", join(p.context, "app.tar.gz")];
  await output([...leading, outside]);
  await refused(/\.\.\/\.\.\/evil leaves the archive/);
  const reserved = ["tar", "--transform", "s,.*,dir/.wh.x,", "-C", p.context, "-cf", join(p.context, "app.tar.gz")];
  await output([...reserved, "outside"]);
  const { code, stderr } = await p.build();
  t.equal(code, 1, "a name that would mean a deletion in a layer (trap 90)");
  t.match(stderr, /\.wh\.x/);
});

/** Packs one tree, with a root entry of mode 0700, in every compression into the context. */
async function packArchives(t: Test, p: Project): Promise<void> {
  const source = temporaryDirectory(t);
  await output(["mkdir", join(source, "conf")]);
  for (const [path, content, mode] of [
    ["run", "#!/bin/sh\n", 0o4755],
    ["conf/settings", "new\n", 0o640],
    ["conf/more", "more\n", 0o644],
  ] as const) {
    writeFileSync(join(source, path), content);
    chmodSync(join(source, path), mode);
  }
  await output(
    ["sh", "-c", "ln run hard && ln -s run link && chgrp 33 conf/settings && chmod 700 . && chmod 4755 run"],
    {
      cwd: source,
    },
  );
  const reproducible = ["--sort=name", "--mtime=@1000", "--numeric-owner"];
  for (const [suffix, flag] of [
    ["tar", []],
    ["tar.gz", ["-z"]],
    ["tar.bz2", ["-j"]],
    ["tar.xz", ["-J"]],
  ] as const)
    await output(["tar", ...reproducible, ...flag, "-cf", join(p.context, `app.${suffix}`), "-C", source, "."]);
}
