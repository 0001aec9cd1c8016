import fc from "fast-check";
import t from "tap";
import { OciBuildError } from "../../src/errors.ts";
import { parseDockerfile } from "../../src/instructions/dockerfile.ts";
import { DockerfileErrors } from "../../src/syntax/problem.ts";

t.test("instructions belong to the FROM above them, ARG in front is global", (t) => {
  const { globalArgs, stages } = parseDockerfile(
    "Dockerfile",
    "ARG A\nARG B=1\nFROM x AS one\nRUN a\nFROM one\nRUN b\nRUN c\n",
  );
  t.equal(globalArgs.length, 2);
  t.match(stages, [
    { index: 0, from: { base: "x", name: "one" }, instructions: [{ kind: "run" }] },
    { index: 1, from: { base: "one", name: undefined }, instructions: [{ kind: "run" }, { kind: "run" }] },
  ]);
  t.end();
});

t.test("every instruction keeps its lines and its text", (t) => {
  const { stages } = parseDockerfile("Dockerfile", "FROM x\n# why\nrun a \\\n  b\n");
  t.match(stages[0]?.instructions, [{ node: { lines: { start: 3, end: 4 }, line: "run a   b", comments: ["why"] } }]);
  t.end();
});

t.test("one error is thrown as it is, several come together, none twice", (t) => {
  t.throws(() => parseDockerfile("Dockerfile", "FROM x\nRUNN a\n"), {
    code: "instruction-unknown",
    message: 'Dockerfile:2: unknown instruction "RUNN" (did you mean RUN?)',
  });
  t.throws(() => parseDockerfile("Dockerfile", "FROM\nUSER\nRUN a\n"), {
    code: "dockerfile-invalid",
    errors: [{ code: "argument-invalid" }, { code: "argument-invalid" }],
  });
  t.end();
});

t.test("any text is a Dockerfile or an OciBuildError with an excerpt", (t) => {
  const piece = fc.constantFrom(
    "FROM a\n",
    "RUN ",
    "COPY ",
    "ADD ",
    "ENV ",
    "LABEL ",
    "ARG ",
    "HEALTHCHECK ",
    "SHELL ",
    "ONBUILD ",
    "VOLUME ",
    "a",
    "=",
    " ",
    "\n",
    "\\\n",
    "<<E",
    "E\n",
    '["a"]',
    "[1]",
    "--from=x ",
    "--x",
    "'",
    '"',
    "$",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      try {
        return parseDockerfile("Dockerfile", pieces.join("")).stages.length > 0;
      } catch (error) {
        const errors = error instanceof DockerfileErrors ? error.errors : [error];
        return errors.every((each) => each instanceof OciBuildError && each.excerpt !== undefined);
      }
    }),
    { numRuns: 1000 },
  );
  t.end();
});
