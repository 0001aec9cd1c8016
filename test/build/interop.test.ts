import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { startBases } from "../support/bases.ts";
import { startDockerd } from "../support/dockerd.ts";
import { output } from "../support/process.ts";
import { project } from "../support/project.ts";
import { seenTree, umociTree } from "../support/seen-tree.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { differences } from "../support/tree.ts";
import { mayBeRoot } from "../support/users.ts";

/** Something of everything that a layer can hold. */
const dockerfile = (base: string): string => `FROM ${base}
RUN mkdir -p /data/deep/er && echo hello > /data/file && ln /data/file /data/hard && ln -s file /data/soft && ln -s /nowhere /data/dangling
RUN chown 1000:50 /data/file && chmod 4755 /data/deep && chmod 2750 /data/deep/er && mkfifo /data/pipe && : > /data/empty
RUN rm /bin/yes && rm -r /data/deep/er && mkdir /data/deep/er && echo new > /data/deep/er/new
COPY --chown=app:staff context /copied
ENV GREETING=hi
LABEL who=me
EXPOSE 80
WORKDIR /data
CMD ["cat", "/data/file"]
`;

t.test("the image is accepted by those who did not write it", async (t) => {
  if (!mayBeRoot(t)) return;
  const { busybox } = await startBases(t);
  const files = { Dockerfile: dockerfile(busybox), "context/a": "a\n", "context/sub/b": "b\n" };
  const p = project(t, files);
  const layout = join(p.context, "..", "layout");
  const archive = join(p.context, "..", "app.tar");
  const docker = join(p.context, "..", "docker.tar");
  const built = await p.build([
    "-t",
    "app:1",
    "-o",
    `oci:${layout}:1`,
    "-o",
    `oci-archive:${archive}:1`,
    "-o",
    `type=docker,dest=${docker}`,
  ]);
  t.equal(built.code, 0, built.stderr);
  const digest = p.digestOf("docker.io/library/app:1");

  await t.test("skopeo reads the store as it lies, the layout and the archive", async (t) => {
    for (const source of [`oci:${p.store}:docker.io/library/app:1`, `oci:${layout}:1`, `oci-archive:${archive}:1`]) {
      const found = JSON.parse(await output(["skopeo", "inspect", source])) as {
        Digest: string;
        Env: string[];
        Labels: object;
      };
      t.equal(found.Digest, digest, source);
      t.match(found.Env.join(), /GREETING=hi/);
      t.same(found.Labels, { who: "me" });
    }
    const copy = join(temporaryDirectory(t), "copy");
    await output(["skopeo", "copy", "--quiet", "--insecure-policy", `oci:${layout}:1`, `dir:${copy}`]);
    t.match(readFileSync(join(copy, "manifest.json"), "utf8"), /vnd.oci.image.manifest/);
  });

  await t.test("umoci unpacks it to the tree that a process inside sees", async (t) => {
    const seen = await seenTree(t, p.store, `${layout}:1`);
    t.same(
      differences(await umociTree(t, `${layout}:1`), seen).filter((line) => !line.startsWith(".: ")),
      [],
    );
    const paths = seen.map((entry) => entry.path);
    for (const gone of ["bin/yes", "proc/1", "etc/resolv.conf", "etc/hosts", "dev/null"])
      t.notOk(paths.includes(gone), `${gone} is not in the image`);
  });

  await t.test("podman loads and runs it", async (t) => {
    const storage = temporaryDirectory(t);
    const podman = [
      "podman",
      "--root",
      join(storage, "root"),
      "--runroot",
      join(storage, "run"),
      "--storage-driver",
      "vfs",
      "--cgroup-manager",
      "cgroupfs",
      "--runtime",
      "runc",
    ];
    for (const file of [archive, docker]) {
      const loaded = await output([...podman, "load", "-i", file]);
      const name = /: (\S+)\s*$/.exec(loaded.trim())?.[1] ?? "";
      t.equal(
        await output([
          ...podman,
          "run",
          "--rm",
          "--network",
          "host",
          "--ulimit",
          "nofile=1024:1024",
          "--ulimit",
          "nproc=1024:1024",
          name,
        ]),
        "hello\n",
        `${file} as ${name}`,
      );
    }
  });

  await t.test("docker loads and runs it", async (t) => {
    const daemon = await startDockerd(t);
    const loaded = await daemon.run("load", "-i", docker);
    t.equal(loaded.code, 0, loaded.stderr);
    t.match(loaded.stdout, /app:1/);
    const ran = await daemon.run("run", "--rm", "--network", "none", "app:1");
    t.equal(ran.stdout, "hello\n", ran.stderr);
  });
});

t.test("root and an ordinary user build the same image to the byte", async (t) => {
  if (!mayBeRoot(t)) return;
  const { busybox } = await startBases(t);
  const files = { Dockerfile: dockerfile(busybox), "context/a": "a\n", "context/sub/b": "b\n" };
  const digests = [];
  for (const [as, isolation] of [
    ["self", "chroot"],
    ["self", "bwrap"],
    ["ocib-subids", "chroot"],
    ["ocib-subids", "bwrap"],
  ] as const) {
    const p = project(t, files, as);
    const { code, stderr } = await p.build(["-t", "app", "--isolation", isolation]);
    t.equal(code, 0, stderr);
    digests.push(p.digestOf("docker.io/library/app:latest"));
  }
  t.equal(new Set(digests).size, 1, digests.join(" "));
});
