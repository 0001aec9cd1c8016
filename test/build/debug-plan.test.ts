import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { startBases } from "../support/bases.ts";
import { ociBuild } from "../support/cli.ts";
import { gitRepository } from "../support/git-repository.ts";
import { project } from "../support/project.ts";
import { startWebServer } from "../support/web-server.ts";

/** The word of the cache for each line of the plan that is a step. */
function words(stdout: string): readonly string[] {
  return [...stdout.matchAll(/^ {2}(hit|miss|unknown) /gm)].map(([, word = ""]) => word);
}

t.test("debug plan tells what the next build would run, and runs nothing", async (t) => {
  const { busybox } = await startBases(t);
  const text = `FROM ${busybox} AS deps\nRUN echo one > /one\nFROM ${busybox}\nARG v=1\nCOPY f /f\nRUN echo $v\nCOPY --from=deps /one /\n`;
  const p = project(t, { Dockerfile: text, f: "1" });
  const plan = async (...args: readonly string[]) => {
    const ended = await p.command("debug plan", [...args, join(p.context, "Dockerfile")]);
    t.equal(ended.code, 0, ended.stderr);
    return ended.stdout;
  };
  t.strictSame(words(await plan()), ["miss", "miss", "unknown", "unknown"]);
  t.notOk(existsSync(join(p.store, "layers", "sha256")), "nothing was unpacked");
  const built = await p.build();
  t.equal(built.code, 0, built.stderr);
  t.strictSame(words(await plan()), ["hit", "hit", "hit", "hit"]);
  t.strictSame(words(await plan("--build-arg", "v=2")), ["hit", "hit", "miss", "unknown"]);
  t.strictSame(words(await plan("--target", "deps")), ["hit"]);
  p.write({ f: "2" });
  t.strictSame(words(await plan()), ["hit", "miss", "unknown", "unknown"]);
  t.match(JSON.parse(await plan("--format=json")), { stages: [{ name: "deps" }, { steps: [{ kind: "metadata" }] }] });
  t.match(await plan("--format=dot"), /^digraph plan/);
});

t.test("debug ast and debug plan read standard input", async (t) => {
  const p = project(t, { f: "" });
  const input = "FROM scratch\nCOPY f /\n";
  const plan = await p.command("debug plan", ["-", p.context], { input });
  t.equal(plan.code, 0, plan.stderr);
  t.strictSame(words(plan.stdout), ["miss"]);
  const ast = await ociBuild(["debug", "ast", "-"], { input });
  t.match(ast, { code: 0, stdout: '(from "scratch")\n(copy "f" "/")\n' });
});

t.test("debug plan takes contexts from elsewhere, and named ones", async (t) => {
  const text = "FROM base\nCOPY f /\n";
  const p = project(t, { Dockerfile: text, f: "" });
  const repository = gitRepository(join(p.context, "../r"));
  repository.commit({ Dockerfile: text, f: "", "ci/Dockerfile": "FROM scratch\nCOPY f f /x/\n" });
  const tar = execFileSync("tar", ["-C", p.context, "-cf", "-", "."]);
  const server = await startWebServer(t, (_, response) => void response.end(text));
  const base = ["--build-context", "base=docker-image://scratch"];
  for (const [args, options, titles] of [
    [[...base, p.context], {}, ["COPY f /"]],
    [[...base, repository.url], {}, ["COPY f /"]],
    [["ci/Dockerfile", repository.url], {}, ["COPY f f /x/"]],
    [[...base, "Dockerfile", "-"], { input: tar }, ["COPY f /"]],
    [[...base, `${server.origin}/Dockerfile`, p.context], {}, ["COPY f /"]],
    [[...base, `${server.origin}/Dockerfile`], { cwd: p.context }, ["COPY f /"]],
  ] as const) {
    const { code, stdout, stderr } = await p.command("debug plan", ["--format=json", ...args], options);
    t.equal(code, 0, stderr);
    const { stages } = JSON.parse(stdout) as { stages: { steps: { title: string }[] }[] };
    t.strictSame(
      stages.flatMap(({ steps }) => steps.map(({ title }) => title)),
      titles,
      args.join(" "),
    );
  }
});
