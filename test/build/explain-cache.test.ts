import { rmSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { startBases } from "../support/bases.ts";
import { project } from "../support/project.ts";

t.test("each step that runs says what differed from the build before", async (t) => {
  const { busybox } = await startBases(t);
  const text = (more = "") =>
    `FROM ${busybox}\nARG VERSION=1\nRUN echo $VERSION > /version\nCOPY src /src\nRUN cat /src/* > /all\n${more}`;
  const p = project(t, { Dockerfile: text(), "src/a": "1", "src/b": "1", "src/c": "1" });
  const reasons = async (...flags: string[]): Promise<string> => {
    const { code, stderr } = await p.build(["--explain-cache", ...flags]);
    t.equal(code, 0, stderr);
    return stderr.slice(stderr.search(/steps that ran, and why|every step came/));
  };

  const first = await p.build(["--explain-cache"]);
  t.equal(first.stderr.match(/^#\d+ not cached: never built here$/gm)?.length, 3, first.stderr);
  t.match(first.stderr, /steps that ran, and why:\n  \[2\/4\] RUN echo 1 > \/version\n    never built here\n/);
  t.match(await reasons(), /^every step came from the cache/);

  p.write({ "src/a": "2", "src/d": "new" });
  p.remove("src/b");
  t.match(
    await reasons(),
    /\[3\/4\] COPY src \/src\n    a is [0-9a-f]{12}, was [0-9a-f]{12}, b is gone, d is new\n  \[4\/4\] RUN cat .*\n    \[3\/4\] COPY src \/src made another layer\n/,
  );
  p.write({ "src/c": "2" });
  t.match(
    await reasons(),
    /COPY src \/src\n    c is [0-9a-f]{12}, was [0-9a-f]{12}\n/,
    "against the newest build, not the first",
  );

  t.match(await reasons("--build-arg", "VERSION=2"), /RUN echo .*\n    the variable VERSION has another value\n/);
  p.write({ Dockerfile: text("RUN echo more\n").replace("cat /src/*", "cat /src/a") });
  t.match(
    await reasons("--build-arg", "VERSION=2"),
    /^steps that ran, and why:\n  \[4\/5\] RUN cat \/src\/a .*\n    the instruction was RUN cat \/src\/\* > \/all\n  \[5\/5\] RUN echo more\n    never built here\n/,
  );
  t.match(
    await reasons("--build-arg", "VERSION=2", "--no-cache-step", "RUN echo more"),
    /RUN echo more\n    it was asked to run again\n/,
  );
  const next = `${busybox.replace("busybox", "other")}:1`;
  p.write({ Dockerfile: text("") });
  await p.build();
  const base = project(t, { Dockerfile: `FROM ${busybox}\nCOPY Dockerfile /base\n` });
  t.equal((await p.command("build", ["-q", "-t", next, base.context])).code, 0);
  p.write({ Dockerfile: text("").replace(busybox, next) });
  t.match(
    await reasons(),
    /\[2\/4\] RUN .*\n    the base image is localhost:\d+\/library\/other:1@sha256:\w+, was localhost:\d+\/library\/busybox:latest@sha256:\w+\n/,
  );

  rmSync(join(p.store, "builds"), { recursive: true });
  t.match(await reasons(), /^every step came from the cache/, "the records only explain");
  p.write({ "src/a": "3" });
  rmSync(join(p.store, "builds"), { recursive: true });
  t.match(await reasons(), /COPY src \/src\n    never built here\n/);
});
