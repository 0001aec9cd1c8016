import t from "tap";
import type { FromInstruction } from "../../src/instructions/instruction.ts";
import { parseDockerfile } from "../../src/instructions/dockerfile.ts";

const from = (line: string): FromInstruction | undefined => parseDockerfile("Dockerfile", line).stages[0]?.from;

t.test("FROM has a base, and may have a platform and a name", (t) => {
  t.match(from("FROM debian"), { base: "debian", platform: undefined, name: undefined });
  t.match(from("from --platform=$P Debian:12@sha256:0 as My-Stage_1.x"), {
    base: "Debian:12@sha256:0",
    platform: "$P",
    name: "my-stage_1.x",
  });
  t.end();
});

t.test("anything else is refused", (t) => {
  for (const line of [
    "FROM",
    "FROM a b",
    "FROM a AS",
    "FROM a IS b",
    "FROM a AS b c",
    "FROM a AS 1",
    "FROM a AS b/c",
    "FROM a AS -b",
    "FROM a AS é",
  ])
    t.throws(() => from(line), { code: "argument-invalid" }, line);
  t.end();
});
