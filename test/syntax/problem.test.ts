import t from "tap";
import type { OciBuildError } from "../../src/errors.ts";
import { DockerfileErrors, errorOf, throwAll } from "../../src/syntax/problem.ts";
import { readSource } from "../../src/syntax/source.ts";

const source = readSource("docker/Dockerfile.dev", "one\ntwo\n");
const range = { start: { line: 2, column: 1 }, end: { line: 2, column: 4 } };
const first = errorOf(source, { code: "a-b", message: "wrong", hint: "do right", range });

t.test("a problem becomes an error with file, line, hint and excerpt", (t) => {
  t.match(first, { code: "a-b", message: "docker/Dockerfile.dev:2: wrong", hint: "do right" });
  t.strictSame(first.excerpt, {
    file: "docker/Dockerfile.dev",
    text: "one\ntwo\n",
    lines: { start: 2, end: 2 },
    range,
  });
  t.end();
});

t.test("no error is no error, one is itself, several come together", (t) => {
  throwAll(source, []);
  t.throws(() => throwAll(source, [first]), first);
  const caught = catchError(() => throwAll(source, [first, first]));
  t.type(caught, DockerfileErrors);
  t.equal(caught.code, "dockerfile-invalid");
  t.equal(
    caught.message,
    "docker/Dockerfile.dev has 2 errors:\n  docker/Dockerfile.dev:2: wrong (do right)\n  docker/Dockerfile.dev:2: wrong (do right)",
  );
  t.equal(caught.excerpt, first.excerpt);
  t.end();
});

function catchError(run: () => void): OciBuildError {
  try {
    run();
  } catch (error) {
    return error as OciBuildError;
  }
  throw new Error("nothing was thrown");
}
