import { utimesSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { startBases } from "../support/bases.ts";
import { project, stepsWith } from "../support/project.ts";
import { mayBeRoot } from "../support/users.ts";

const dockerfile = (base: string): string => `FROM ${base}
WORKDIR /app
RUN echo first > /first
COPY a.txt /app/
RUN cat /app/a.txt > /app/b.txt
COPY other /app/other
CMD ["cat", "/app/b.txt"]
`;

t.test("the build cache", async (t) => {
  const { busybox } = await startBases(t);
  for (const as of mayBeRoot(t) ? (["self", "ocib-subids"] as const) : (["self"] as const)) {
    await t.test(`as ${as}`, async (t) => {
      const files = { Dockerfile: dockerfile(busybox), "a.txt": "one\n", "other/x": "x\n" };
      const p = project(t, files, as);
      const ran = async (args: readonly string[] = []): Promise<readonly string[]> => {
        const { code, stderr } = await p.build(["-t", "app", ...args]);
        t.equal(code, 0, stderr);
        return stepsWith("DONE", stderr)
          .filter((title) => /\] (RUN|COPY|WORKDIR)/.test(title))
          .map((title) => title.replace(/^\[.*?\] /, ""));
      };
      const all = [
        "WORKDIR /app",
        "RUN echo first > /first",
        "COPY a.txt /app/",
        "RUN cat /app/a.txt > /app/b.txt",
        "COPY other /app/other",
      ];

      t.same(await ran(), all, "the first build runs everything");
      const first = p.digestOf("docker.io/library/app:latest");

      const again = await p.build(["-t", "app"]);
      t.equal(
        stepsWith("CACHED", again.stderr).filter((s) => !s.includes("FROM")).length,
        all.length,
        "the second says CACHED for each step",
      );
      t.equal(p.digestOf("docker.io/library/app:latest"), first, "and gives the same image");

      utimesSync(join(p.context, "a.txt"), 1, 1);
      t.same(await ran(), [], "touching a file runs nothing");

      p.write({ "a.txt": "two\n" });
      t.same(await ran(), all.slice(2), "a changed file runs what copied it and what stands behind");

      p.write({ "other/y": "y\n" });
      t.same(await ran(), ["COPY other /app/other"], "a new file runs only the COPY that selects it");

      p.write({ Dockerfile: dockerfile(busybox).replace("RUN cat", "RUN true\nRUN cat") });
      t.same(
        await ran(),
        ["RUN true", "RUN cat /app/a.txt > /app/b.txt", "COPY other /app/other"],
        "an inserted instruction runs the rest again",
      );

      p.write({ Dockerfile: dockerfile(busybox), "a.txt": "one\n" });
      p.remove("other/y");
      t.same(await ran(), [], "what was built before is still known");
      t.equal(p.digestOf("docker.io/library/app:latest"), first);

      t.same(await ran(["--no-cache"]), all, "--no-cache runs everything");
      t.equal(p.digestOf("docker.io/library/app:latest"), first, "to the same image");
    });
  }
});
