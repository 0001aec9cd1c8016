import t from "tap";
import { readOne } from "./read-one.ts";

t.test("every instruction has its kind", (t) => {
  const rows: readonly [string, string][] = [
    ["ADD a b", "add"],
    ["ARG a", "arg"],
    ["CMD a", "cmd"],
    ["COPY a b", "copy"],
    ["ENTRYPOINT a", "entrypoint"],
    ["ENV a=b", "env"],
    ["EXPOSE 1", "expose"],
    ["HEALTHCHECK NONE", "healthcheck"],
    ["LABEL a=b", "label"],
    ["MAINTAINER a", "maintainer"],
    ["ONBUILD RUN a", "onbuild"],
    ["RUN a", "run"],
    ['SHELL ["a"]', "shell"],
    ["STOPSIGNAL 1", "stopsignal"],
    ["USER a", "user"],
    ["VOLUME a", "volume"],
    ["WORKDIR a", "workdir"],
  ];
  for (const [line, kind] of rows) t.equal(readOne(line).kind, kind, line);
  t.end();
});

t.test("ONBUILD takes no FROM, MAINTAINER or ONBUILD", (t) => {
  for (const line of ["ONBUILD", "ONBUILD FROM a", "ONBUILD maintainer a", "ONBUILD ONBUILD RUN a"])
    t.throws(() => readOne(line), { code: "argument-invalid" }, line);
  t.throws(() => readOne("ONBUILD RUNN a"), { code: "instruction-unknown" });
  t.throws(() => readOne("ONBUILD COPY --chwon=1 a b"), { code: "flag-unknown", message: /did you mean --chown/ });
  t.end();
});

t.test("an ONBUILD trigger is kept as written, with the bodies of its heredocs behind it", (t) => {
  t.match(readOne("OnBuild  run <<E cat <<-'F'\n$a\nE\n\tb\n\tF"), {
    kind: "onbuild",
    trigger: "run <<E cat <<-'F'\n$a\nE\n\tb\nF",
  });
  t.match(readOne("ONBUILD ENV a=$b \\\n  c=d"), { trigger: "ENV a=$b   c=d" });
  t.end();
});
