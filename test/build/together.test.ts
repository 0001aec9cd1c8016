import t from "tap";
import { startBases } from "../support/bases.ts";
import { project } from "../support/project.ts";
import { mayBeRoot } from "../support/users.ts";

t.test("many builds share a store at once", async (t) => {
  const { busybox } = await startBases(t);
  for (const as of mayBeRoot(t) ? (["self", "ocib-subids"] as const) : (["self"] as const)) {
    await t.test(`as ${as}`, async (t) => {
      const p = project(
        t,
        { Dockerfile: `FROM ${busybox}\nARG N\nCOPY x /x\nRUN echo same > /same\nRUN echo $N > /n\n`, x: "x" },
        as,
      );
      const numbers = [1, 2, 3, 4, 5, 6];
      const ended = await Promise.all(
        numbers.map((n) => p.build(["-t", `app:${n}`, "-t", "last", "--build-arg", `N=${n % 3}`])),
      );
      for (const { code, stderr } of ended) t.equal(code, 0, stderr);
      for (const n of numbers) {
        t.equal((await p.command("run", [`app:${n}`, "cat", "/n"])).stdout, `${n % 3}\n`);
        t.equal(
          p.digestOf(`docker.io/library/app:${n}`),
          p.digestOf(`docker.io/library/app:${((n + 2) % 6) + 1}`),
          "equal inputs, equal image",
        );
      }
      t.ok(p.digestOf("docker.io/library/last:latest"), "a name that all of them moved points to one of them");
    });
  }
});
