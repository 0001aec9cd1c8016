import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import t from "tap";
import { shellLayout } from "../support/bases.ts";
import { output } from "../support/process.ts";
import { project, type Project } from "../support/project.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { giveTo, mayBeRoot } from "../support/users.ts";

const filling = `FROM base
RUN --mount=type=cache,target=/c mkdir /c/d && echo kept > /c/d/f && chown -R 1000:50 /c/d && chmod 4750 /c/d/f
RUN --mount=type=cache,target=/o,uid=7,gid=8,mode=0700 echo own > /o/f
`;
/** Fails unless the caches hold what the steps above left. */
const using = `FROM base
RUN --mount=type=cache,target=/c [ "$(busybox stat -c %u:%g:%a /c/d/f)" = 1000:50:4750 ] && read x < /c/d/f && [ $x = kept ]
RUN --mount=type=cache,target=/o,uid=7,gid=8,mode=0700 [ "$(busybox stat -c %u:%g:%a /o)" = 7:8:700 ] && read x < /o/f && [ $x = own ]
`;

t.test("cache mounts travel from one store to another as tars", async (t) => {
  if (!mayBeRoot(t)) return;
  const as = "ocib-subids";
  const directory = temporaryDirectory(t, as);
  const layout = await shellLayout(directory);
  giveTo(as, directory);
  const [from, to] = [project(t, { Dockerfile: filling }, as), project(t, { Dockerfile: using }, as)];
  const build = (p: Project): ReturnType<Project["build"]> =>
    p.build(["--build-context", `base=oci-layout://${layout}:latest`]);
  t.match(await build(from), { code: 0 });

  const [c, o] = [join(directory, "c.tar"), join(directory, "o.tar")];
  t.match(await from.command("cache-mounts export", ["/c", "-o", c]), { code: 0, stderr: "" });
  t.match(await from.command("cache-mounts export", ["/o", "--output", o]), { code: 0 });
  t.match(await output(["tar", "--numeric-owner", "-tvf", c]), /-rwsr-x--- 1000\/50 +5 .* d\/f\n/);
  const again = join(directory, "again.tar");
  await from.command("cache-mounts export", ["/c", "-o", again]);
  t.ok(readFileSync(c).equals(readFileSync(again)), "equal content, equal bytes");

  writeFileSync(`${c}.gz`, gzipSync(readFileSync(c)));
  t.match(await to.command("cache-mounts import", ["/c", "-i", `${c}.gz`]), { code: 0, stderr: "" });
  t.match(await to.command("cache-mounts import", ["/o", "-i", o, "--uid=7", "--gid=8", "--mode=0700"]), { code: 0 });
  const used = await build(to);
  t.equal(used.code, 0, used.stderr);
  t.match(await to.command("cache-mounts import", ["/c", "-i", c]), { code: 0 }, "what was there is replaced");
  await to.command("cache-mounts export", ["/c", "-o", again]);
  t.ok(readFileSync(c).equals(readFileSync(again)), "and is the same afterwards");
});

t.test("a cache mount that cannot be carried is an error, and stays as it was", async (t) => {
  if (!mayBeRoot(t)) return;
  const directory = temporaryDirectory(t);
  const layout = await shellLayout(directory);
  const p = project(t, {
    Dockerfile: `FROM base\nRUN --mount=type=cache,target=/c echo kept > /c/f && while [ ! -e /c/go ]; do busybox sleep 0.1; done\n`,
  });
  const running = p.startBuild(["--build-context", `base=oci-layout://${layout}:latest`]);
  const mount = async (): Promise<string | undefined> =>
    (
      JSON.parse((await p.command("cache-mounts ls", ["--format", "json"])).stdout || "{}") as {
        directories?: string[];
      }
    ).directories?.[0];
  let place: string | undefined;
  while (place === undefined || !existsSync(join(place, "f"))) place = await mount();
  const tar = join(directory, "empty.tar");
  writeFileSync(tar, Buffer.alloc(1024));
  t.match(await p.command("cache-mounts export", ["/c", "-o", tar]), { code: 1, stderr: /"\/c" is in use by a step/ });
  t.match(await p.command("cache-mounts import", ["/c", "-i", tar]), { code: 1, stderr: /"\/c" is in use by a step/ });
  writeFileSync(join(place, "go"), "");
  t.match(await running.ended, { code: 0 });

  t.match(await p.command("cache-mounts export", ["/d", "-o", tar]), { code: 1, stderr: /did you mean \/c\?/ });
  t.match(await p.command("cache-mounts import", ["/c", "-i", join(directory, "none")]), {
    code: 1,
    stderr: /cannot read .*none/,
  });
  t.match(await p.command("cache-mounts import", ["/c", "-i", tar, "--mode", "9"]), { code: 2, stderr: /--mode 9/ });
  await output([
    "sh",
    "-c",
    `cd ${directory} && ln -s /etc evil && tar -cf link.tar evil && rm evil && mkdir evil && echo x > evil/passwd && tar -rf link.tar evil/passwd && echo cut > cut.tar`,
  ]);
  t.match(await p.command("cache-mounts import", ["/c", "-i", join(directory, "cut.tar")]), { code: 1 });
  t.equal(readFileSync(join(place, "f"), "utf8"), "kept\n");
  await p.command("cache-mounts import", ["/c", "-i", join(directory, "link.tar")]);
  t.notOk(readFileSync("/etc/passwd", "utf8").startsWith("x\n"), "an archive leads nowhere");
});
