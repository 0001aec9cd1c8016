import t from "tap";
import type { Step } from "../../src/plan/step.ts";
import { planText, stepsOf } from "./plan-text.ts";

const only = (text: string): Step | undefined => stepsOf(text).at(-1);

t.test("the shell form goes to the SHELL, the exec form stays", (t) => {
  t.match(only("RUN a | b"), { kind: "run", argv: ["/bin/sh", "-c", "a | b"], title: "RUN a | b" });
  t.match(only('RUN ["a", "$b"]'), { argv: ["a", "$b"] });
  t.match(only('SHELL ["/bin/bash", "-c"]\nrun a'), { argv: ["/bin/bash", "-c", "a"], title: "RUN a" });
  t.end();
});

t.test("a heredoc as the whole command is the script", (t) => {
  t.match(only("RUN <<E\na $b\nc\nE\n"), { argv: ["/bin/sh", "-c", "a $b\nc\n"], title: "RUN <<E (a $b...)" });
  t.match(only("RUN <<-'E'\n\ta\n\tE\n"), { argv: ["/bin/sh", "-c", "a\n"], title: "RUN <<-'E' (a)" });
  t.end();
});

t.test("other heredocs are put back for the shell to read", (t) => {
  t.match(only("RUN cat <<A <<-B >x\n1\nA\n\t2\n\tB\n"), { argv: ["/bin/sh", "-c", "cat <<A <<-B >x\n1\nA\n\t2\nB"] });
  t.end();
});

t.test("a script with a shebang is a program of its own, which the SHELL runs", (t) => {
  t.match(only("RUN <<E\n#!/usr/bin/env -S perl -w\nprint 1\nE\n"), {
    argv: ["/bin/sh", "-c", "/dev/pipes/E"],
    script: { path: "/dev/pipes/E", content: "#!/usr/bin/env -S perl -w\nprint 1\n" },
    createdBy: "RUN /bin/sh -c /dev/pipes/E # buildkit",
    title: "RUN <<E (#!/usr/bin/env -S perl -w...)",
  });
  t.match(only("RUN <<-'E'\n\t#!/bin/bash\n\techo $x\n\tE\n"), { script: { content: "#!/bin/bash\necho $x\n" } });
  t.match(only("RUN <<E\n\n#!/bin/sh\nE\n"), { script: { content: "#!/bin/sh\n" } }, "empty lines in front go");
  t.match(only("RUN cat <<E >x\n#!/bin/sh\nE\n"), {
    script: undefined,
    argv: [/sh/, "-c", "cat <<E >x\n#!/bin/sh\nE"],
  });
  t.end();
});

t.test("--network of the command line counts for a RUN without one of its own", (t) => {
  const networks = (network?: "none" | "host"): unknown => {
    const { stages } = planText("FROM scratch\nRUN a\nRUN --network=host b\nRUN --network=default c\n", { network });
    return stages[0]?.steps.map((step) => (step.kind === "run" ? step.network : ""));
  };
  t.same(networks(), ["default", "host", "default"]);
  t.same(networks("none"), ["none", "host", "none"]);
  t.end();
});
