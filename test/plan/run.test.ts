import t from "tap";
import type { Step } from "../../src/plan/step.ts";
import { stepsOf } from "./plan-text.ts";

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

t.test("a script with a shebang is refused with what to write instead", (t) => {
  t.throws(() => stepsOf("RUN <<E\n#!/usr/bin/env -S perl -w\nE\n"), {
    code: "instruction-unsupported",
    hint: "call the interpreter: RUN perl -w <<E",
  });
  t.throws(() => stepsOf("RUN <<-E\n\t#!/bin/bash\n\tE\n"), {
    code: "instruction-unsupported",
    hint: /RUN \/bin\/bash <<E/,
  });
  t.end();
});
