import { mkdirSync } from "node:fs";
import t from "tap";
import { startBases } from "../support/bases.ts";
import { unprivilegedContainer } from "../support/container.ts";
import { startDockerd } from "../support/dockerd.ts";
import { output, type Ended } from "../support/process.ts";
import { project } from "../support/project.ts";
import { mayBeRoot, type UserName } from "../support/users.ts";

/** Something of everything that a step can do to what the steps before have left. */
const dockerfile = (base: string): string => `FROM ${base} AS build
RUN mkdir -p /data/deep/er && echo hello > /data/file && ln /data/file /data/hard && ln -s file /data/soft && mkfifo /data/pipe
RUN chown 1000:50 /data/file && chmod 4755 /data/deep && rm -r /data/deep/er && mkdir /data/deep/er && echo new > /data/deep/er/new
RUN printf HELLO > /data/place && touch -d @0 /data/place && mkdir /data/gone && echo x > /data/gone/x
RUN printf hallo > /data/place && touch -d @0 /data/place && rm -r /data/gone && echo file > /data/gone
RUN cp -a /data /twin && mv /twin /moved && rm /bin/yes && chmod 700 / && : > /dev/null && mkdir /etc/new
COPY --chown=app:staff context /copied/
COPY context/a /data/gone/../file
USER app
RUN id > /tmp/id && ! echo no > /data/file && test "$(cat /etc/hosts | head -n 1 | cut -c 1-9)" = 127.0.0.1
USER root
RUN (setsid sleep 4321 &) && (sleep 4321 & sleep 4321 &) && echo left > /left
RUN --mount=type=cache,target=/var/cache/it date > /var/cache/it/then && echo cached > /cached
RUN --mount=type=cache,target=/var/cache/it test -s /var/cache/it/then && test ! -e /bound
RUN --mount=type=bind,source=context,target=/bound --mount=type=tmpfs,target=/fast cp /bound/a /from-bound && echo x > /fast/x
RUN --mount=type=bind,from=${base},target=/other cp /other/etc/passwd /from-other
RUN --mount=type=secret,id=word,env=WORD test "$WORD" = geheim
RUN <<EOF
#!/bin/sh
echo "$0" | sed 's/.*/script/' > /from-script
EOF
FROM ${base}
COPY --from=build /data /moved /all/
COPY --from=build --chown=7:8 /from-* /left /cached /
WORKDIR /made/here
RUN find /all | sort > listing
`;

const contextOf = (base: string): Record<string, string> => ({
  Dockerfile: dockerfile(base),
  "context/a": "a\n",
  "context/sub/b": "b\n",
  word: "geheim",
});

/** What a build says last, and after that what it was asked to make. */
function digestIn({ code, stdout, stderr }: Ended): string {
  const [, digest] = /built (sha256:[0-9a-f]{64})/.exec(stdout + stderr) ?? [];
  if (code !== 0 || digest === undefined) throw new Error(`the build ended with ${code}:\n${stdout}${stderr}`);
  return digest;
}

t.test("the same Dockerfile gives the same digest in every place and by every storage", async (t) => {
  if (!mayBeRoot(t)) return;
  const { busybox } = await startBases(t);
  const flags = (context: string): string[] => ["--secret", `id=word,src=${context}/word`];
  const build = async (storage: string, as: UserName = "self", isolation = "auto"): Promise<string> => {
    const p = project(t, contextOf(busybox), as);
    return digestIn(
      await p.build([...flags(p.context), "--isolation", isolation], { env: { OCI_BUILD_STORAGE: storage } }),
    );
  };
  const expected = await build("overlay");

  await t.test("by clones on this machine, as root and as an ordinary user", async (t) => {
    t.equal(await build("clone"), expected);
    t.equal(await build("clone", "self", "chroot"), expected);
    t.equal(await build("clone", "ocib-subids"), expected);
  });

  await t.test("on a file system that cannot hold an overlay, without being told", async (t) => {
    const p = project(t, contextOf(busybox));
    mkdirSync(p.store);
    await output(["mount", "-t", "ramfs", "-o", "mode=755", "none", p.store]);
    t.teardown(() => output(["umount", "--lazy", p.store]));
    const refused = await p.build(flags(p.context), { env: { OCI_BUILD_STORAGE: "overlay" } });
    t.equal(refused.code, 1);
    t.match(refused.stderr, /user extended attributes/);
    t.equal(digestIn(await p.build(flags(p.context))), expected);
  });

  await t.test("as root of a container with docker's default profile", async (t) => {
    const docker = await startDockerd(t);
    const inside = await unprivilegedContainer(t, docker);
    const command = (store: string): string =>
      `$OCI build --progress plain --root ${store} ${flags("/context").join(" ")} /context`;
    inside.write(contextOf(busybox));

    await t.test("with its store in the container's own overlay, and in a volume", async (t) => {
      t.equal(digestIn(await inside.run(`${command("/store")}; code=$?; ps >&2; exit $code`)), expected);
      t.equal(digestIn(await inside.run(command("/volume/store"))), expected);
    });

    await t.test("no process outlives its step, however far it went from its parent", async (t) => {
      const { stdout } = await inside.run(`${command("/store")} >/dev/null 2>&1; ps`);
      t.match(stdout, /ps/);
      t.notMatch(stdout, /4321/);
    });

    await t.test("what cannot be had there is refused by name, with a way out", async (t) => {
      const refused: readonly (readonly [string, RegExp, RegExp])[] = [
        ["RUN --network=none true", /--network=none needs/, /hint: leave --network=none out/],
        ["RUN --mount=type=secret,id=word true", /type=secret as a file/, /hint: .*env=NAME/],
        ["RUN --mount=type=tmpfs,target=/t,size=1m true", /type=tmpfs with a size/, /hint: leave size= out/],
      ];
      for (const [instruction, message, hint] of refused) {
        inside.write({ Dockerfile: `FROM ${busybox}\n${instruction}\n` });
        const { code, stderr } = await inside.run(command("/store"));
        t.equal(code, 1, instruction);
        t.match(stderr, message);
        t.match(stderr, hint);
        t.match(stderr, `Dockerfile:2`);
      }
      inside.write({ Dockerfile: `FROM ${busybox}\nRUN true\n` });
      const bwrap = await inside.run(`${command("/store")} --isolation bwrap`);
      t.match(bwrap.stderr, /isolation bwrap needs namespaces/);
    });

    await t.test("a step that fails leaves nothing of itself", async (t) => {
      inside.write({ Dockerfile: `FROM ${busybox}\nRUN echo x > /x; rm /etc/passwd; exit 3\n` });
      const failed = await inside.run(`${command("/volume/store")}; ls /volume/store/work`);
      t.match(failed.stderr, /exit code: 3/);
      t.equal(failed.stdout, "");
      inside.write({ Dockerfile: `FROM ${busybox}\nRUN test ! -e /x && test -e /etc/passwd\n` });
      t.equal((await inside.run(command("/volume/store"))).code, 0);
    });

    await t.test("neither root nor namespaces: metadata is built, and RUN says what would help", async (t) => {
      inside.write({ Dockerfile: `FROM ${busybox}\nENV A=b\nLABEL c=d\nCMD ["e"]\n` });
      const metadata = await inside.run(command("/tmp/store"), ["--user", "1000"]);
      t.equal(metadata.code, 0, metadata.stderr);
      inside.write({ Dockerfile: `FROM ${busybox}\nRUN true\n` });
      const { code, stderr } = await inside.run(command("/tmp/store"), ["--user", "1000"]);
      t.equal(code, 1);
      t.match(stderr, /error: /);
      t.match(stderr, /hint: /);
      t.match(stderr, "Dockerfile:2");
    });
  });
});
