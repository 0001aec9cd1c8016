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
    ["ONBUILD RUN a", "unsupported"],
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
  t.match(readOne("ONBUILD RUN <<E\na\nE"), {
    kind: "unsupported",
    code: "instruction-unsupported",
    message: "ONBUILD is not supported yet",
  });
  t.end();
});
