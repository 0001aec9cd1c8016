import t from "tap";
import { syntaxExpressions, syntaxJson } from "../../src/describe/syntax-tree.ts";
import { parse, type SyntaxTree } from "../../src/syntax/parse.ts";
import { readSource } from "../../src/syntax/source.ts";
import { fixtureDockerfiles } from "../support/dockerfiles.ts";

function treeOf(text: string): SyntaxTree {
  const result = parse(readSource("Dockerfile", text));
  if (result.kind === "problems") throw new Error(result.problems[0]?.message);
  return result.tree;
}

/** Instruction, and what BuildKit's dumper says of it. */
const rows: readonly (readonly [string, string])[] = [
  ["from busybox", '(from "busybox")'],
  ["FROM --platform=$X busybox AS a", '(from ["--platform=$X"] "busybox" "AS" "a")'],
  ["RUN apt-get update \\\n  && true", '(run "apt-get update   && true")'],
  ['RUN ["a", "b c"]', '(run "a" "b c")'],
  ["RUN ['a']", "(run \"['a']\")"],
  [
    "RUN --network=none --mount=type=cache,target=/c make",
    '(run ["--network=none" "--mount=type=cache,target=/c"] "make")',
  ],
  ['COPY --from=x --link a "b" /', '(copy ["--from=x" "--link"] "a" "\\"b\\"" "/")'],
  ['COPY ["a b", "/"]', '(copy "a b" "/")'],
  ["COPY <<EOF /x\nbody\nEOF", '(copy "<<EOF" "/x")'],
  ["RUN <<A cat <<B\na\nA\nb\nB", '(run "<<A cat <<B")'],
  ["ADD a b /c/", '(add "a" "b" "/c/")'],
  ["ENV a=1 b='x y'", '(env "a" "1" "=" "b" "\'x y\'" "=")'],
  ["ENV a some value", '(env "a" "some value" "")'],
  ['LABEL a="b c"', '(label "a" "\\"b c\\"" "=")'],
  ["ARG a b=1", '(arg "a" "b=1")'],
  ["EXPOSE 80 81/udp", '(expose "80" "81/udp")'],
  ['VOLUME ["/a", "/b"]', '(volume "/a" "/b")'],
  ["VOLUME /a /b", '(volume "/a" "/b")'],
  ["WORKDIR /a b", '(workdir "/a b")'],
  ["USER a:b", '(user "a:b")'],
  ["STOPSIGNAL TERM", '(stopsignal "TERM")'],
  ["MAINTAINER A B <a@b>", '(maintainer "A B <a@b>")'],
  ['SHELL ["/bin/ash", "-c"]', '(shell "/bin/ash" "-c")'],
  ["CMD []", "(cmd)"],
  ["ENTRYPOINT a b", '(entrypoint "a b")'],
  ["HEALTHCHECK --interval=5s --retries=3 CMD a b", '(healthcheck ["--interval=5s" "--retries=3"] "CMD" "a b")'],
  ['HEALTHCHECK CMD ["a", "b"]', '(healthcheck "CMD" "a" "b")'],
  ["HEALTHCHECK NONE", '(healthcheck "NONE")'],
  ["ONBUILD RUN make", '(onbuild (run "make"))'],
  ["ONBUILD COPY --chown=1 a /", '(onbuild (copy ["--chown=1"] "a" "/"))'],
  ["ONBUILD", "(onbuild)"],
  ['RUN printf "a\\tb\t\u00e9\u200b"', '(run "printf \\"a\\\\tb\\té\\u200b\\"")'],
];

t.test("S-expressions have the form of BuildKit's dumper", (t) => {
  for (const [text, expected] of rows) t.equal(syntaxExpressions(treeOf(text)), `${expected}\n`, text);
  t.end();
});

t.test("every instruction of the fixtures is a balanced expression on a line of its own", (t) => {
  for (const [name, content] of fixtureDockerfiles()) {
    const result = parse(readSource("Dockerfile", content));
    if (result.kind === "problems") continue;
    const lines = syntaxExpressions(result.tree).split("\n").slice(0, -1);
    t.equal(lines.length, result.tree.instructions.length, name);
    for (const line of lines) t.match(line, /^\([a-z]+( \[("(\\.|[^"\\])*" ?)+\])?( "(\\.|[^"\\])*"| \(.*\))*\)$/);
  }
  t.end();
});

t.test("JSON has every node with its range", (t) => {
  t.match(syntaxJson(treeOf("# escape=`\n# above\nFROM a\nONBUILD RUN --network=none <<E\nx\nE\n")), {
    file: "Dockerfile",
    escape: "`",
    directives: [{ name: "escape", value: "`", range: { start: { line: 1, column: 1 } } }],
    instructions: [
      { name: "FROM", comments: ["above"], range: { start: { line: 3, column: 1 }, end: { line: 3, column: 7 } } },
      {
        name: "ONBUILD",
        range: { start: { line: 4, column: 1 }, end: { line: 6, column: 2 } },
        trigger: {
          name: "RUN",
          flags: [{ name: "network", value: "none", range: { start: { line: 4, column: 13 } } }],
          heredocs: [{ name: "E", body: "x\n", range: { start: { line: 5, column: 1 } } }],
        },
      },
    ],
  });
  t.end();
});
