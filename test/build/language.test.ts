import t from "tap";
import { push, startBases } from "../support/bases.ts";
import { configOf, manifestOf } from "../support/image-config.ts";
import { output } from "../support/process.ts";
import { type Project, project } from "../support/project.ts";
import { mayBeRoot } from "../support/users.ts";

/** The numbered cases of the inventory of builders' behaviour that only a running build can show. */

const { busybox, registry } = await startBases(t);

async function built(
  p: Project,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { code, stderr } = await p.build(["-t", "image", ...args], { env: { ...process.env, ...env } });
  if (code !== 0) throw new Error(stderr);
  return stderr;
}

for (const as of mayBeRoot(t) ? (["self", "ocib-subids"] as const) : (["self"] as const)) {
  t.test(
    `a RUN is the user, in the groups and at the home that the image says, as ${as} (traps 57 and 58)`,
    async (t) => {
      const Dockerfile = `FROM ${busybox}
RUN echo wheel:x:10:root >> /etc/group
RUN test "$(id -u):$(id -g):$HOME" = 0:0:/root && id -G | grep -qw 10
USER app
RUN test "$(id -u):$(id -g):$HOME" = 1000:1000:/home/app && id -G | grep -qw 50
USER app:nogroup
RUN test "$(id -u):$(id -G)" = 1000:65534
USER 1000
RUN test "$(id -u):$(id -g):$HOME" = 1000:1000:/home/app
USER 4321
RUN test "$(id -u):$(id -G):$HOME" = 4321:0:/
USER 4321:1234
RUN test "$(id -u):$(id -G)" = 4321:1234
ENV HOME=/elsewhere
RUN test $HOME = /elsewhere
`;
      const p = project(t, { Dockerfile }, as);
      await built(p);
      t.match(configOf(p, "image"), { config: { User: "4321:1234", Env: [/^PATH=/, "HOME=/elsewhere"] } });
    },
  );

  t.test(`WORKDIR makes what is missing for its USER and leaves the rest, as ${as} (traps 46 and 85)`, async (t) => {
    const Dockerfile = `FROM ${busybox}
USER app
WORKDIR /made/for
WORKDIR user
WORKDIR /etc
USER root
RUN test "$(stat -c %u:%g:%a /made /made/for /made/for/user | sort -u)" = 1000:1000:755
RUN test "$(stat -c %u:%g /etc)" = 0:0
WORKDIR /gone
RUN cd / && rmdir /gone
RUN test "$(pwd)" = /gone
`;
    await t.resolves(built(project(t, { Dockerfile }, as)));
  });

  t.test(`RUN has umask 0022 and may chown, chmod and mark files setuid, as ${as} (traps 82 and 83)`, async (t) => {
    const Dockerfile = `FROM ${busybox}
RUN test "$(umask)" = 0022 && touch /f && chown 12:34 /f && chmod 4755 /f
RUN test "$(stat -c %u:%g:%a /f)" = 12:34:4755
COPY secret /
RUN test "$(stat -c %u:%g:%a /secret)" = 0:0:600
COPY made/here /a/b/
RUN test "$(stat -c %a /a /a/b | sort -u)" = 755
`;
    const p = project(t, { Dockerfile, secret: "", "made/here": "" }, as);
    await output(["chmod", "600", `${p.context}/secret`]);
    const before = process.umask(0o077);
    t.teardown(() => process.umask(before));
    await t.resolves(built(p), "the caller's own umask shows nowhere");
  });
}

t.test(
  "the exec form is not a shell's, and what VOLUME names is written to and not made (traps 54 and 55)",
  async (t) => {
    const Dockerfile = `FROM ${busybox}
VOLUME /data /none
RUN ["/bin/echo", "literally $HOME"]
RUN test ! -e /data && mkdir /data && echo kept > /data/file
RUN test "$(cat /data/file)" = kept && test ! -e /none
`;
    const p = project(t, { Dockerfile });
    t.match(await built(p), /literally \$HOME/);
    t.match(configOf(p, "image").config, { Volumes: { "/data": {}, "/none": {} } });
  },
);

t.test("nothing but FROM scratch is an image without layers (trap 60)", async (t) => {
  const p = project(t, { Dockerfile: "FROM scratch\n", file: "x" });
  await built(p);
  t.strictSame(manifestOf(p, "image").layers, []);
  t.match(configOf(p, "image"), { rootfs: { type: "layers", diff_ids: [] }, history: [], config: { WorkingDir: "/" } });
  p.write({ Dockerfile: "FROM scratch\nCOPY file /\n" });
  await built(p);
  t.equal(manifestOf(p, "image").layers.length, 1);
});

t.test("a RUN without a shell says what is missing (trap 84)", async (t) => {
  const { code, stderr } = await project(t, { Dockerfile: "FROM scratch\nRUN make\n" }).build();
  t.equal(code, 1);
  t.match(stderr, /\/bin\/sh.*not found/);
  t.match(stderr, /hint: .*exec form/);
});

t.test("platform arguments and proxies are where they belong (traps 63 and 64)", async (t) => {
  const Dockerfile = `FROM ${busybox}
RUN test -z "$TARGETARCH" && test -n "$HTTPS_PROXY" && test "$https_proxy" = "$HTTPS_PROXY"
ARG TARGETARCH
ARG TARGETSTAGE
RUN test -n "$TARGETARCH" && test $TARGETSTAGE = default
`;
  const p = project(t, { Dockerfile });
  await built(p, ["--build-arg", "https_proxy=http://squid"]);
  t.notMatch(JSON.stringify(configOf(p, "image")), /squid/);
});

t.test(
  "a bare build argument has the environment's value, and is not passed when there is none (trap 50)",
  async (t) => {
    const Dockerfile = `FROM ${busybox}\nARG a=default\nARG b=default\nARG c=default\nRUN test "$a $b $c" = "given default "\n`;
    const p = project(t, { Dockerfile });
    await built(p, ["--build-arg", "a", "--build-arg", "b", "--build-arg", "c="], { a: "given" });
    t.equal(configOf(p, "image").history?.at(-1)?.created_by?.slice(0, 28), "RUN |3 a=given b=default c= ");
  },
);

t.test("the host name of a RUN is buildkitsandbox, or what is asked for", async (t) => {
  const p = project(t, { Dockerfile: `FROM ${busybox}\nARG name=buildkitsandbox\nRUN test "$(hostname)" = $name\n` });
  await built(p);
  const asked = ["--build-arg", "BUILDKIT_SANDBOX_HOSTNAME=builder", "--build-arg", "name=builder"];
  await t.resolves(built(p, asked));
});

t.test(
  "a base in docker's format keeps its blob, its history and its dates under OCI types (traps 67 and 69)",
  async (t) => {
    const base = project(t, { Dockerfile: `FROM ${busybox}\nHEALTHCHECK --interval=5s CMD true\nLABEL base=yes\n` });
    await built(base, ["-o", `oci:${base.context}/layout:latest`], { SOURCE_DATE_EPOCH: "1700000000" });
    await push(`${base.context}/layout`, `${registry}/library/oci`);
    const flags = ["--insecure-policy", "--src-tls-verify=false", "--dest-tls-verify=false", "--format", "v2s2"];
    const from = `docker://${registry}/library/oci:latest`;
    await output(["skopeo", "copy", "--quiet", ...flags, from, `docker://${registry}/library/schema2:latest`]);

    const p = project(t, { Dockerfile: `FROM ${registry}/library/schema2\nENV own=1\nRUN true\n` });
    await built(p, [], { SOURCE_DATE_EPOCH: "1800000000" });
    const { layers, mediaType } = manifestOf(p, "image");
    t.equal(mediaType, "application/vnd.oci.image.manifest.v1+json");
    t.strictSame(
      new Set(layers.map((layer) => layer.mediaType)),
      new Set(["application/vnd.oci.image.layer.v1.tar+gzip"]),
    );
    t.equal(layers[0]?.digest, manifestOf(base, "image").layers[0]?.digest);
    const { history = [], created } = configOf(p, "image");
    t.equal(created, "2027-01-15T08:00:00Z");
    t.strictSame(
      history.slice(-4).map((entry) => entry.created),
      ["2023-11-14T22:13:20Z", "2023-11-14T22:13:20Z", "2027-01-15T08:00:00Z", "2027-01-15T08:00:00Z"],
    );
  },
);

t.test("what docker adds to a config and what nobody knows stay, annotations do not (traps 66 and 70)", async (t) => {
  const base = project(t, { Dockerfile: `FROM ${busybox}\nSHELL ["/bin/sh", "-ec"]\nHEALTHCHECK CMD true\nCMD x\n` });
  const layout = `${base.context}/layout`;
  await built(base, ["-o", `oci:${layout}:latest`]);
  const annotate = ["umoci", "config", "--image", `${layout}:latest`, "--manifest.annotation", "team=base"];
  await output([...annotate, "--config.label", "kept=yes"]);
  await push(layout, `${registry}/library/annotated`);
  const p = project(t, { Dockerfile: `FROM ${registry}/library/annotated\nRUN false || true\n` });
  await built(p);
  t.equal(manifestOf(p, "image").annotations, undefined);
  t.match(configOf(p, "image").config, { Labels: { kept: "yes" } });
});

t.test("labels and annotations of the command line are in config and manifest, as other tools read them", async (t) => {
  const p = project(t, { Dockerfile: `FROM ${busybox}\nLABEL a=file b=file\n` });
  const layout = `${p.context}/layout`;
  const labels = ["--label", "b=own", "--label", "c", "--annotation", "team=me", "--annotation", "manifest:z=1"];
  await built(p, [...labels, "-o", `oci:${layout}:latest`]);
  const config: unknown = JSON.parse(await output(["skopeo", "inspect", "--config", `oci:${layout}:latest`]));
  t.match(config, { config: { Labels: { a: "file", b: "own", c: "" } } });
  const manifest: unknown = JSON.parse(await output(["skopeo", "inspect", "--raw", `oci:${layout}:latest`]));
  t.match(manifest, { annotations: { team: "me", z: "1" } });
});
