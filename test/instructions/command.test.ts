import t from "tap";
import { readOne } from "./read-one.ts";

t.test("commands have a shell form and an exec form", (t) => {
  t.match(readOne("CMD echo  a"), { kind: "cmd", command: { form: "shell", line: "echo  a" } });
  t.match(readOne('CMD ["echo","a"]'), { kind: "cmd", command: { form: "exec", argv: ["echo", "a"] } });
  t.match(readOne("ENTRYPOINT []"), { kind: "entrypoint", command: { form: "exec", argv: [] } });
  t.match(readOne("CMD ['a']"), { command: { form: "shell", line: "['a']" } }, "broken JSON is the shell form");
  t.throws(() => readOne("CMD [1]"), { code: "argument-invalid" });
  t.end();
});

t.test("SHELL takes the JSON form alone", (t) => {
  t.match(readOne('SHELL ["/bin/bash", "-c"]'), { kind: "shell", argv: ["/bin/bash", "-c"] });
  for (const line of ["SHELL", "SHELL []", "SHELL /bin/bash"])
    t.throws(() => readOne(line), { code: "argument-invalid" }, line);
  t.end();
});
