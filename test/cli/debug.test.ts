import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { runWithFakes } from "./run-with-fakes.ts";

t.test("debug ast prints a file", async (t) => {
  const file = join(t.testdir(), "Dockerfile");
  writeFileSync(file, "FROM a\nRUN b\n");
  t.match(await runWithFakes(["debug", "ast", file]), { code: 0, stdout: '(from "a")\n(run "b")\n' });
  const json = await runWithFakes(["debug", "ast", "--format=json", file]);
  t.match(JSON.parse(json.stdout), { instructions: [{ name: "FROM" }, { name: "RUN" }] });
});

t.test("debug ast tells what is no Dockerfile", async (t) => {
  const file = join(t.testdir(), "Dockerfile");
  writeFileSync(file, "FROM a\nRUNN b\n");
  t.match(await runWithFakes(["debug", "ast", file]), { code: 1, stdout: "", stderr: /did you mean RUN/ });
  t.match(await runWithFakes(["debug", "ast", `${file}x`]), { code: 1, stderr: /cannot read/ });
});

t.test("a command of two words has help, and its first word alone is not enough", async (t) => {
  t.match(await runWithFakes(["debug", "ast", "--help"]), {
    code: 0,
    stdout: /^Usage: oci-build debug ast \[FLAGS\] FILE/,
  });
  t.match(await runWithFakes(["help", "debug", "ast"]), { code: 0, stdout: /^Usage: oci-build debug ast/ });
  t.match(await runWithFakes(["debug"]), { code: 2, stderr: /debug needs one word more[^]*debug ast/ });
});
