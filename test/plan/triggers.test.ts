import t from "tap";
import { parseDockerfile } from "../../src/instructions/dockerfile.ts";
import { imagesNeeded } from "../../src/plan/plan.ts";
import { imagesWith, planText, standardOptions } from "./plan-text.ts";

const triggers = (...OnBuild: string[]): ReturnType<typeof imagesWith> => imagesWith({ OnBuild });

t.test("triggers run right behind FROM, once, and are not inherited further (trap 56)", (t) => {
  const { stages } = planText("FROM a AS x\nRUN own\nFROM x\nRUN last\n", {}, triggers("RUN one", "ENV two=2"));
  t.match(
    stages.map(({ steps }) => steps.map(({ createdBy }) => createdBy)),
    [["RUN /bin/sh -c one # buildkit", "ENV two=2", /own/], [/last/]],
  );
  t.strictSame(
    stages.map(({ config }) => config.OnBuild),
    [undefined, undefined],
  );
  t.end();
});

t.test("a stage's own triggers are kept as written, without a step, and do not run in it (trap 56)", (t) => {
  const { stages } = planText("FROM a\nENV v=1\nONBUILD RUN $v\nonbuild copy . /$v\n");
  t.strictSame(stages[0]?.config.OnBuild, ["RUN $v", "copy . /$v"]);
  t.strictSame(
    stages[0]?.steps.map(({ createdBy }) => createdBy),
    ["ENV v=1"],
  );
  t.end();
});

t.test("triggers of a stage run in each stage that stands on it, with the values of there (trap 56)", (t) => {
  const text =
    "FROM a AS x\nONBUILD RUN $v\nONBUILD ENV w=$v\nFROM x AS y\nENV v=2\nFROM x AS z\nFROM y AS last\nCOPY --from=z / /\n";
  const { stages } = planText(text);
  const runs = stages.map(({ name, steps }) => [name, steps.filter(({ kind }) => kind === "run").length]);
  t.strictSame(runs, [
    ["x", 0],
    ["y", 1],
    ["z", 1],
    ["last", 0],
  ]);
  t.match(stages[1]?.config.Env, [/PATH/, "w=", "v=2"], "a variable set later has no value yet");
  t.end();
});

t.test("a trigger may ask for images and stages, which are asked for when its base is known", (t) => {
  const dockerfile = parseDockerfile("Dockerfile", "FROM helper AS h\nFROM base\n");
  const images = triggers("COPY --from=other /a /", "COPY --from=h /b /");
  const names = (known: typeof images): string[] =>
    imagesNeeded(dockerfile, standardOptions, known).map(({ name }) => name);
  t.strictSame(
    names(() => undefined),
    ["base"],
  );
  const base: typeof images = (name, platform) => (name === "base" ? images(name, platform) : undefined);
  t.strictSame(names(base), ["helper", "other"]);
  t.match(imagesNeeded(dockerfile, standardOptions, base)[1], {
    name: "other",
    trigger: "ONBUILD COPY --from=other /a / of the image base",
    lines: { start: 2, end: 2 },
  });
  t.strictSame(
    names((name, platform) => (name === "base" ? images(name, platform) : imagesWith()(name, platform))),
    [],
  );
  t.end();
});

t.test("a mount of a trigger asks for its image like a COPY", (t) => {
  const dockerfile = parseDockerfile("Dockerfile", "FROM base\n");
  const known = triggers("RUN --mount=type=bind,from=tools,target=/t /t/run");
  t.match(
    imagesNeeded(dockerfile, standardOptions, (name, platform) =>
      name === "base" ? known(name, platform) : undefined,
    ),
    [{ name: "tools", trigger: /^ONBUILD RUN --mount=.* of the image base$/, lines: { start: 1, end: 1 } }],
  );
  t.end();
});

t.test("copying from an image or a stage triggers nothing", (t) => {
  const { stages } = planText(
    "FROM scratch AS x\nONBUILD COPY a /\nFROM scratch\nCOPY --from=x / /\nCOPY --from=a / /\n",
    {},
    triggers("RUN no"),
  );
  t.equal(stages[1]?.steps.length, 2);
  t.end();
});

t.test("a CMD that a trigger sets belongs to the stage, so that a later ENTRYPOINT keeps it", (t) => {
  const { stages } = planText('FROM a\nENTRYPOINT ["e"]\n', {}, triggers('CMD ["c"]'));
  t.match(stages[0]?.config, { Entrypoint: ["e"], Cmd: ["c"] });
  t.end();
});

t.test("errors of a trigger stand at the FROM and name the trigger and whose it is", (t) => {
  const text = "FROM scratch\nFROM a AS x\nRUN y\n";
  t.throws(() => planText(text, {}, triggers("RUN a", "FROM y")), {
    message: "Dockerfile:2: ONBUILD FROM y of the image a: FROM cannot be an ONBUILD trigger",
  });
  t.throws(() => planText(text, {}, triggers("EXPOSE x")), {
    code: "argument-invalid",
    message: /^Dockerfile:2: ONBUILD EXPOSE x of the image a: invalid EXPOSE x/,
    excerpt: { lines: { start: 2, end: 2 } },
  });
  t.throws(() => planText("FROM a AS x\nONBUILD COPY --from=y / /\nFROM x\nFROM a AS y\nFROM 1\n", { target: "1" }), {
    code: "stage-forward",
    message: /^Dockerfile:3: ONBUILD COPY --from=y \/ \/ of the stage x: /,
  });
  t.end();
});

t.test("a heredoc of a trigger is read again as it was written", (t) => {
  const text = "FROM a AS x\nONBUILD RUN <<-'E'\n\techo $v\n\tE\nONBUILD COPY <<F /f\n$v\nF\nFROM x\nARG v=1\n";
  const { stages } = planText(text);
  t.strictSame(stages[0]?.config.OnBuild, ["RUN <<-'E'\n\techo $v\nE", "COPY <<F /f\n$v\nF"]);
  t.match(stages[1]?.steps, [{ argv: ["/bin/sh", "-c", "echo $v\n"] }, { kind: "copy" }, {}]);
  t.end();
});
