import t from "tap";
import { readOne } from "./read-one.ts";

t.test("RUN has a command and a network", (t) => {
  t.match(readOne("RUN a | b"), { kind: "run", command: { form: "shell", line: "a | b" }, network: "default" });
  for (const network of ["default", "none", "host"]) t.match(readOne(`RUN --network=${network} a`), { network });
  t.throws(() => readOne("RUN []"), { code: "argument-invalid", message: /RUN \[\] names no program/ });
  t.throws(() => readOne("RUN --network=nonee a"), { code: "argument-invalid", message: /did you mean none/ });
  t.end();
});

t.test("what would open the sandbox is refused with the reason", (t) => {
  t.match(readOne("RUN --security=insecure a"), {
    kind: "unsupported",
    code: "flag-unsupported",
    message: /^RUN --security=insecure is not allowed: every step is sandboxed/,
  });
  t.match(readOne("RUN --security=sandbox a"), { kind: "run" }, "the default asks for nothing");
  t.match(readOne("RUN --device=x a"), { kind: "unsupported", message: /^RUN --device is not allowed: / });
  t.throws(() => readOne("RUN --security=sandbx a"), { code: "argument-invalid", message: /did you mean sandbox/ });
  t.end();
});
