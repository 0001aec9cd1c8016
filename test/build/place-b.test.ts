import { execFileSync } from "node:child_process";
import { join } from "node:path";
import t from "tap";
import { startBases } from "../support/bases.ts";
import { checkout } from "../support/checkout.ts";
import { programFor } from "../support/cli.ts";
import { pathWithout } from "../support/path-without.ts";
import type { Ended } from "../support/process.ts";
import { project } from "../support/project.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { asUser, mayBeRoot, type UserName } from "../support/users.ts";

/** All that a step can do about owners, and that steps after it rely on. */
const dockerfile = (base: string): string => `FROM ${base} AS build
RUN mkdir -p /data/deep && echo x > /data/file && ln -s file /data/soft && mkfifo /data/pipe && chown -R 33:44 /data && chown -h 5:6 /data/soft
RUN test "$(stat -c %u:%g /data/file)" = 33:44 && test "$(stat -c %u:%g /data/soft)" = 5:6 && test "$(stat -c %u:%g /data/pipe)" = 33:44
RUN ln /data/file /data/hard && mv /data/soft /data/moved && chgrp 77 /data/hard && chmod 6755 /data/deep && cp -a /data /twin && rm /twin/hard
RUN rm /data/hard && echo more >> /data/file && chown 0:0 /twin/file && tar -cf /t.tar data && mkdir /out && tar -C /out -xpf /t.tar && rm /t.tar
RUN mkdir /shared && chown 0:50 /shared && chmod 2775 /shared && mkdir /shared/sub && echo x > /shared/file && ln -s x /shared/link && touch /shared/sub/deep
RUN echo someone:x:701:700::/home/someone:/bin/sh >> /etc/passwd && mkdir -p /home/someone && chown 701:700 /home/someone
COPY probe /bin/probe
RUN probe threads /threads
RUN probe views /views
RUN probe identity /identity
RUN probe lists /lists
RUN probe records /records
RUN i=0; while [ $i -lt 300 ]; do /bin/true; i=$((i+1)); done; find / -xdev -user 33 | sort > /found
COPY --chown=app:staff --chmod=4755 probe /copied/
USER someone
RUN mkdir -p ~/a/b && echo mine > ~/mine && ln -s mine ~/link && chmod 600 ~/mine
WORKDIR /home/someone/work
RUN id -u > who && touch new && mkdir dir && test "$(stat -c %U new)" = someone
USER 1234:5678
RUN id -u > /tmp/who && id -g >> /tmp/who
FROM ${base}
COPY --from=build /data /out /twin /shared /threads /views /identity /lists /records /all/
COPY --from=build --chown=7:8 /home /home
RUN stat -c '%n %u:%g %a' /all/* > /listing
`;

function digestIn({ code, stdout, stderr }: Ended): string {
  const [, digest] = /built (sha256:[0-9a-f]{64})/.exec(stdout + stderr) ?? [];
  if (code !== 0 || digest === undefined) throw new Error(`the build ended with ${code}:\n${stdout}${stderr}`);
  return digest;
}

t.test("who has no sub-ids builds the same image as who has them, and as root", async (t) => {
  if (!mayBeRoot(t)) return;
  const { busybox } = await startBases(t);
  const probe = join(temporaryDirectory(t), "probe");
  execFileSync("cc", ["-static", "-pthread", "-O1", "-o", probe, join(checkout, "test/build/owner-probe.c")]);
  const build = async (as: UserName, flags: readonly string[] = [], env: Record<string, string> = {}) => {
    const p = project(t, { Dockerfile: dockerfile(busybox) }, as);
    execFileSync("install", ["-m", "755", probe, join(p.context, "probe")]);
    const ended = await p.build(flags, { env });
    t.notMatch(ended.stderr, /forgotten/);
    return digestIn(ended);
  };
  const expected = await build("self");
  t.equal(await build("ocib-subids"), expected, "with sub-ids");
  t.equal(await build("ocib-plain"), expected, "without, by overlays");
  t.equal(await build("ocib-plain", ["--isolation", "chroot"]), expected, "without, in the helper's own sandbox");
  t.equal(await build("ocib-plain", [], { OCI_BUILD_STORAGE: "clone" }), expected, "without, by clones");
});

t.test("devices that a RUN makes are in the layer, as root's are", async (t) => {
  if (!mayBeRoot(t)) return;
  const { busybox } = await startBases(t);
  const nodes = "mknod -m 640 /null c 1 3 && chown 3:4 /null && mknod /disk b 8 1 && mknod /fifo p && mv /disk /moved";
  const files = {
    Dockerfile: `FROM ${busybox} AS made\nRUN ${nodes}\nRUN test -c /null && test -b /moved && test "$(stat -c '%u:%g %t:%T' /null)" = "3:4 1:3"\nFROM ${busybox}\nCOPY --from=made /null /moved /copied/\n`,
  };
  const expected = digestIn(await project(t, files).build());
  t.equal(digestIn(await project(t, files, "ocib-plain").build()), expected);
  t.equal(digestIn(await project(t, files, "ocib-plain").build(["--isolation", "chroot"])), expected);
});

t.test("without newuidmap a user with sub-ids builds the same, in a store of another kind", async (t) => {
  if (!mayBeRoot(t)) return;
  const { busybox } = await startBases(t);
  const files = { Dockerfile: `FROM ${busybox}\nRUN echo x > /x && chown 12:34 /x\n` };
  const p = project(t, files, "ocib-subids");
  const expected = digestIn(await p.build());
  const without = { env: { PATH: pathWithout(t, "newuidmap") } };
  t.equal(digestIn(await project(t, files, "ocib-subids").build([], without)), expected);
  const other = await p.build([], without);
  t.match(other.stderr, /was filled by subids of uid \d+, not by single of uid \d+/);
});

t.test("where RUN's calls cannot be answered, owners are forgotten and the build says so", async (t) => {
  if (!mayBeRoot(t)) return;
  const { busybox } = await startBases(t);
  const p = project(t, { Dockerfile: `FROM ${busybox}\nRUN chown 3:4 /etc/passwd && echo x > /x\n` }, "ocib-plain");
  // A /proc of which a part is covered, as in containers, cannot be mounted anew: it shows other processes.
  const covered = 'mount --bind /dev/null /proc/version && exec "$@"';
  const inside = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", covered, "sh"];
  const program = ["env", "-u", "NODE_OPTIONS", ...programFor("ocib-plain")];
  const build = [...program, "build", "--progress", "plain", "--root", p.store, p.context];
  const { code, stderr } = await asUser("ocib-plain", [...inside, ...build]);
  t.equal(code, 0, stderr);
  t.match(stderr, /warning: owners that RUN gives to files are forgotten/);
});
