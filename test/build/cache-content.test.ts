import { chmodSync, utimesSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { startBases } from "../support/bases.ts";
import { project, stepsWith, type Project } from "../support/project.ts";
import { mayBeRoot } from "../support/users.ts";

/** Builds, and gives the steps that ran: without their `[stage n/m]`. */
async function ran(p: Project, args: readonly string[] = []): Promise<readonly string[]> {
  const { code, stderr } = await p.build(args);
  if (code !== 0) throw new Error(stderr);
  return stepsWith("DONE", stderr)
    .filter((title) => /\] (RUN|COPY|WORKDIR)/.test(title))
    .map((title) => title.replace(/^\[.*?\] /, ""));
}

t.test("a COPY depends on names, contents and modes of what it selects, and on nothing else", async (t) => {
  if (!mayBeRoot(t)) return;
  const { busybox } = await startBases(t);
  const files = {
    Dockerfile: `FROM ${busybox}\nCOPY d/*.txt /x/\nRUN ls /x\n`,
    "d/a.txt": "a",
    "d/b.txt": "b",
    "d/c": "c",
  };
  const p = project(t, files);
  const all = ["COPY d/*.txt /x/", "RUN ls /x"];
  t.same(await ran(p), all);

  p.write({ "d/c": "changed", "d/e": "new", f: "new" });
  t.same(await ran(p), [], "what is not selected does not count (trap 94)");

  utimesSync(join(p.context, "d/a.txt"), 1, 1);
  t.same(await ran(p), [], "times do not count (trap 95)");

  chmodSync(join(p.context, "d/a.txt"), 0o600);
  t.same(await ran(p), all, "modes count (trap 96)");

  p.write({ "d/f.txt": "f" });
  t.same(await ran(p), all, "a new name that the wildcard finds counts (trap 94)");
});

t.test("a copy between stages depends on the files that it takes, not on how they were made (trap 107)", async (t) => {
  if (!mayBeRoot(t)) return;
  const { busybox } = await startBases(t);
  const text = (command: string): string =>
    `FROM ${busybox} AS build\nRUN ${command}\nFROM ${busybox}\nCOPY --from=build /taken /\nRUN cat /taken\n`;
  const p = project(t, { Dockerfile: text("echo 1 > /taken") });
  const behind = ["COPY --from=build /taken /", "RUN cat /taken"];
  t.same(await ran(p), ["RUN echo 1 > /taken", ...behind]);

  p.write({ Dockerfile: text("echo 1 > /taken; echo 2 > /not-taken") });
  t.same(await ran(p), ["RUN echo 1 > /taken; echo 2 > /not-taken"], "the same file from another step");

  p.write({ Dockerfile: text("echo 2 > /taken") });
  t.same(await ran(p), ["RUN echo 2 > /taken", ...behind], "another file");
});

t.test("the epoch of new files counts, and an argument from its line on (trap 98)", async (t) => {
  if (!mayBeRoot(t)) return;
  const { busybox } = await startBases(t);
  const p = project(t, { Dockerfile: `FROM ${busybox}\nRUN echo 1 > /one\nARG V=1\nRUN echo 2 > /two\n` });
  const all = ["RUN echo 1 > /one", "RUN echo 2 > /two"];
  t.same(await ran(p), all);
  t.same(await ran(p, ["--build-arg", "V=2"]), all.slice(1), "what stands behind the ARG runs again");
  t.same(await ran(p, ["--build-arg", "W=2"]), [], "an argument that nothing declares is none");
  t.same(await ran(p, ["--build-arg", "SOURCE_DATE_EPOCH=5"]), all, "times of new files are part of the layers");
});
