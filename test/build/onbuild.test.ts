import { join } from "node:path";
import t from "tap";
import { push, startBases } from "../support/bases.ts";
import { configOf } from "../support/image-config.ts";
import { output } from "../support/process.ts";
import { type Project, project, stepsWith } from "../support/project.ts";
import { mayBeRoot } from "../support/users.ts";

const { busybox, registry } = await startBases(t);

/** Builds a project and pushes what it makes. */
async function publish(p: Project, name: string): Promise<void> {
  const layout = join(p.context, "../layout");
  const { code, stderr } = await p.build(["-o", `oci:${layout}:latest`]);
  if (code !== 0) throw new Error(stderr);
  await push(layout, `${registry}/library/${name}`);
}

for (const as of mayBeRoot(t) ? (["self", "ocib-subids"] as const) : (["self"] as const))
  t.test(`triggers of an image from a registry run once in its child, as ${as} (trap 56)`, async (t) => {
    const Dockerfile = `FROM ${busybox}
ONBUILD ARG greeting=hello
ONBUILD COPY --from=${registry}/library/tools-${as} /tool /tool
ONBUILD COPY . /src
ONBUILD RUN <<SCRIPT
echo $greeting from $(cat /src/name) with $(cat /tool) >> /said
SCRIPT
ONBUILD USER app
`;
    await publish(project(t, { Dockerfile }), `onbuild-${as}`);
    await publish(project(t, { Dockerfile: "FROM scratch\nCOPY tool /\n", tool: "hammer" }), `tools-${as}`);
    const check = 'test "$(cat /tmp/who)" = 1000 && test "$(cat /said)" = "hello from child with hammer"';
    const files = {
      Dockerfile: `FROM ${registry}/library/onbuild-${as} AS child
RUN id -u > /tmp/who
FROM child
USER root
RUN ${check}
`,
      name: "child",
    };
    const p = project(t, files, as);
    const first = await p.build(["-t", "child"]);
    t.equal(first.code, 0, first.stderr);
    t.match(stepsWith("DONE", first.stderr).join("\n"), /ONBUILD COPY \. \/src/);
    const { history = [], config } = configOf(p, "child");
    t.equal(config?.OnBuild, undefined, "consumed");
    t.strictSame(
      history.slice(-8).map(({ created_by }) => created_by?.replace(registry, "R")),
      [
        "ARG greeting=hello",
        "COPY /tool /tool # buildkit",
        "COPY . /src # buildkit",
        "RUN |1 greeting=hello /bin/sh -c echo $greeting from $(cat /src/name) with $(cat /tool) >> /said\n # buildkit",
        "USER app",
        "RUN |1 greeting=hello /bin/sh -c id -u > /tmp/who # buildkit",
        "USER root",
        `RUN |1 greeting=hello /bin/sh -c ${check} # buildkit`,
      ],
    );
    const again = await p.build();
    t.equal(stepsWith("CACHED", again.stderr).filter((step) => step.includes("RUN")).length, 3, again.stderr);
  });

t.test("ONBUILD is in the config and not in the history, and other tools read it", async (t) => {
  const p = project(t, { Dockerfile: `FROM ${busybox}\nONBUILD RUN echo $x\nLABEL a=b\n` });
  const archive = `docker-archive:${join(p.context, "base.tar")}`;
  t.match(await p.build(["-t", "base", "-o", `${archive}:base`]), { code: 0 });
  const { config, history } = configOf(p, "base");
  t.match(config, { OnBuild: ["RUN echo $x"], Labels: { a: "b" } });
  t.equal(history?.at(-1)?.created_by, "LABEL a=b");
  const read: unknown = JSON.parse(await output(["skopeo", "inspect", "--raw", "--config", archive]));
  t.match(read, { config: { OnBuild: ["RUN echo $x"] } });
});

t.test("what a trigger needs and nobody has is told with the trigger and its image", async (t) => {
  const p = project(t, { Dockerfile: `FROM ${busybox}\nONBUILD COPY --from=${registry}/nowhere /a /\n` });
  t.match(await p.build(["-t", "base"]), { code: 0 });
  p.write({ Dockerfile: "# child\nFROM base\n" });
  const { code, stderr } = await p.build();
  t.equal(code, 1);
  t.match(stderr, /error: ONBUILD COPY --from=localhost:\d+\/nowhere \/a \/ of the image base: .*nowhere/);
  t.match(stderr, />>> 2 \| FROM base/);
});
