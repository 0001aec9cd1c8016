import t from "tap";
import { readOne } from "./read-one.ts";

t.test("RUN has a command and a network", (t) => {
  t.match(readOne("RUN a | b"), { kind: "run", command: { form: "shell", line: "a | b" }, network: "default" });
  for (const network of ["default", "none", "host"]) t.match(readOne(`RUN --network=${network} a`), { network });
  t.throws(() => readOne("RUN --network=nonee a"), { code: "argument-invalid", message: /did you mean none/ });
  t.end();
});

t.test("flags that are not built yet are known by name", (t) => {
  t.match(readOne("RUN --mount=type=cache,target=/c --mount=type=tmpfs,target=/t a"), {
    kind: "unsupported",
    code: "flag-unsupported",
    message: "RUN --mount is not supported yet",
  });
  t.match(readOne("RUN --security=insecure a"), { kind: "unsupported" });
  t.match(readOne("RUN --security=sandbox a"), { kind: "run" }, "the default asks for nothing");
  t.match(readOne("RUN --device=x a"), { kind: "unsupported", message: "RUN --device is not supported yet" });
  t.throws(() => readOne("RUN --security=none a"), { code: "argument-invalid" });
  t.end();
});
