import { join } from "node:path";
import t from "tap";
import type { ImageConfig } from "../../src/oci/image.ts";
import { rows, variables } from "../plan/expansion-rows.ts";
import { startBases } from "../support/bases.ts";
import { type Docker, startDockerd } from "../support/dockerd.ts";
import { configOf } from "../support/image-config.ts";
import { output } from "../support/process.ts";
import { project } from "../support/project.ts";
import { mayBeRoot } from "../support/users.ts";

/** What Debian's docker knows of the language: its BuildKit is of 2020, and newer words are tested elsewhere. */
const dockerfile = (base: string): string => `ARG GLOBAL=one
FROM ${base} AS base
LABEL from=base "quoted key"='single $GLOBAL' multi="a b"
ENV A=1 B="two words" C=\${GLOBAL:-x}
ENV OLD style of value
ONBUILD ENV TRIGGERED=$A
ONBUILD RUN echo triggered > /triggered
RUN ["/bin/sh", "-c", "echo exec \\"form\\""]
CMD ["inherited", "\\t\\"quoted\\" é"]
FROM base
ARG GLOBAL
ARG UNSET
ARG GIVEN=default
RUN echo $GIVEN > /given
MAINTAINER Jane <jane@example.org>
EXPOSE 80-82/TCP 53/udp 81 $A
VOLUME /data
VOLUME ["/with space", "/b"]
USER app:staff
WORKDIR /made
WORKDIR $A/b/
WORKDIR /
COPY --chown=app:staff a b $TRIGGERED /into/
COPY --from=base /bin/sh /given
ENV A=changed E=$A GLOBAL=env
ARG A=argument
LABEL later=$A escaped=\\$A plain='$A' twice="$A$A" default=\${NONE:-\${A}}
ENV A=$A-again
USER 0
SHELL ["/bin/sh", "-ec"]
onbuild   run  echo  $A \\
# a comment
   and   more  
ONBUILD COPY ["a", "b"]\t
ENTRYPOINT shell form "$A"
CMD []
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=1m30s --timeout=500ms --retries=3 CMD test -e /given
RUN true
`;

/** What BuildKit has written otherwise since. */
const changedSince: Readonly<Record<string, string>> = {
  // Values of arguments are shown as they are, not as their defaults.
  "ARG GLOBAL=one": "ARG GLOBAL",
  "ARG GIVEN=given": "ARG GIVEN=default",
  // Ports are a list, each as often as it was written.
  "EXPOSE [1/tcp 53/udp 80/tcp 81/tcp 82/tcp 81/tcp]": "EXPOSE map[1/tcp:{} 53/udp:{} 80/tcp:{} 81/tcp:{} 82/tcp:{}]",
  // Flags are shown.
  "COPY --chown=app:staff a b 1 /into/ # buildkit": "COPY a b 1 /into/ # buildkit",
  // Fields have names, and StartInterval is one of them.
  "HEALTHCHECK {Test:[CMD-SHELL test -e /given] Interval:1m30s Timeout:500ms StartPeriod:0s StartInterval:0s Retries:3}": `HEALTHCHECK &{["CMD-SHELL" "test -e /given"] "1m30s" "500ms" "0s" '\\x03'}`,
};

/** What an image says of itself and of how it was made, without times, layers, and fields that are null or empty. */
function statement(config: unknown): unknown {
  const { history, config: container, author } = config as Record<string, unknown>;
  const entries = (history as Record<string, unknown>[]).map(({ created: _created, ...entry }) => entry);
  return { author, history: entries, config: withoutEmpty(container as Record<string, unknown>) };
}

function withoutEmpty(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== "" && value !== false),
  );
}

/** The config of an image that docker's BuildKit builds from the same context. */
async function dockerConfig(docker: Docker, context: string, args: readonly string[] = []): Promise<unknown> {
  const { code, stderr } = await docker.run("build", "-t", "image", "--network", "none", ...args, context);
  if (code !== 0) throw new Error(stderr);
  const archive = join(context, "../docker.tar");
  const saved = await docker.run("save", "-o", archive, "image");
  if (saved.code !== 0) throw new Error(saved.stderr);
  return JSON.parse(await output(["skopeo", "inspect", "--raw", "--config", `docker-archive:${archive}`])) as unknown;
}

t.test("docker's BuildKit", async (t) => {
  if (!mayBeRoot(t)) return;
  const { busybox } = await startBases(t);
  const docker = await startDockerd(t);

  await t.test("config and history are word for word those of docker's BuildKit", async (t) => {
    const p = project(t, { Dockerfile: dockerfile(busybox), a: "", b: "", "1": "" });
    const args = ["--build-arg", "GIVEN=given", "--build-arg", "GLOBAL", "--build-arg", "HTTP_PROXY=http://nowhere"];
    const ours = await p.build(["-t", "image", ...args]);
    t.equal(ours.code, 0, ours.stderr);
    const older = ({ history = [], ...rest }: ImageConfig): unknown => ({
      ...rest,
      history: history.map(({ created_by = "", ...entry }) => ({
        ...entry,
        created_by: changedSince[created_by] ?? created_by,
      })),
    });
    const theirs = await dockerConfig(docker, p.context, args);
    t.strictSame(statement(older(configOf(p, "image"))), statement(theirs));
  });

  for (const escape of ["\\", "`"])
    await t.test(`words expand as in docker's BuildKit, with ${escape} as escape character`, async (t) => {
      const words = rows.map(([word, text]) => (text === undefined ? "" : word)).filter(isOfOldLanguage);
      t.ok(words.length > 60);
      const env = Object.entries(variables).filter(([name]) => /^[a-z_]\w*$/.test(name));
      const Dockerfile = [
        `# escape=${escape}`,
        `FROM ${busybox}`,
        ...env.map(([name, value]) => `ENV ${name} '${value}'`),
        ...words.map((word, index) => `LABEL l${index} ${word.replaceAll("\\", escape)}`),
      ].join("\n");
      const p = project(t, { Dockerfile });
      const ours = await p.build(["-t", "image"]);
      t.equal(ours.code, 0, ours.stderr);
      const theirs = (await dockerConfig(docker, p.context)) as ImageConfig;
      t.strictSame(configOf(p, "image").config?.Labels, theirs.config?.Labels);
    });
});

/** Without the operators that came later, and on one line. */
function isOfOldLanguage(word: string): boolean {
  return word.trim() === word && word !== "" && !word.endsWith("\\") && !/\$\{\w+(?!:[-+])[^}\w]/.test(word);
}
