import { DockerfileParser } from "dockerfile-ast";
import fc from "fast-check";
import t from "tap";
import type { InstructionNode } from "../../src/syntax/node.ts";
import { parse } from "../../src/syntax/parse.ts";
import { readSource } from "../../src/syntax/source.ts";
import { fixtureDockerfiles } from "../support/dockerfiles.ts";

/**
 * Where the two part, and why: BuildKit's way is ours in each. Blanks at the end of an instruction are not compared, because
 * dockerfile-ast counts them in and BuildKit trims them.
 */
const knownDifferences: readonly { readonly reason: string; readonly applies: (text: string) => boolean }[] = [
  {
    reason: "a continuation on the last line goes on to a line that is not there with dockerfile-ast",
    applies: (text) => /\\[ \t]*\n?$/.test(text),
  },
  {
    reason: "two escape characters at the end of a line continue it with dockerfile-ast",
    applies: (text) => /\\\\[ \t]*$/m.test(text),
  },
  {
    reason: "an escape directive behind an unknown one counts with dockerfile-ast",
    applies: (text) => /^# \w+=\w*\n# escape=`/.test(text),
  },
  {
    reason: "<<NAME behind a quote that stays open begins a heredoc with dockerfile-ast",
    applies: (text) => /^[A-Z]+ [^'\n]*'[^'\n]*<</m.test(text),
  },
  {
    reason: "<<NAME in the JSON form begins a heredoc with dockerfile-ast",
    applies: (text) => /^[A-Z]+ \[.*<<\w/m.test(text),
  },
  {
    reason: "a heredoc with a file descriptor, 3<<NAME, is none with dockerfile-ast",
    applies: (text) => /\s\d<<-?\w/.test(text),
  },
];

t.test("dockerfile-ast sees the same instructions at the same places, but for known differences", (t) => {
  const unused = new Set(knownDifferences.map(({ reason }) => reason));
  let alike = 0;
  for (const [name, content] of fixtureDockerfiles()) {
    const text = new TextDecoder().decode(content);
    const result = parse(readSource("Dockerfile", text));
    if (result.kind === "problems") continue;
    const [ours, others] = [placesOf(result.tree.instructions, text), otherPlaces(text)];
    if (ours.join("\n") === others.join("\n")) {
      alike += 1;
      continue;
    }
    const reasons = knownDifferences.filter(({ applies }) => applies(text)).map(({ reason }) => reason);
    if (reasons.length === 0) t.strictSame(ours, others, `${name} differs for no known reason`);
    for (const reason of reasons) {
      unused.delete(reason);
      t.comment(`${name}: ${reason}`);
    }
  }
  t.ok(alike > 250, `${alike} files are alike`);
  t.strictSame([...unused], [], "every known difference has an example");
  t.end();
});

const word = fc.stringMatching(/^[a-z0-9/.$=]{1,8}$/);
const words = fc.array(word, { minLength: 1, maxLength: 5 }).map((list) => list.join(" "));
const continued = fc.array(words, { minLength: 1, maxLength: 3 }).map((list) => list.join(" \\\n  "));
const instruction = fc.oneof(
  continued.map((text) => `RUN ${text}\n`),
  continued.map((text) => `  ENV a=${text.replaceAll(/ (?=\w)/g, " b=")}\n`),
  fc.tuple(word, words).map(([name, text]) => `COPY --from=${name} --chown=1 ${text} /x/\n`),
  fc.tuple(words, words).map(([first, body]) => `RUN cat <<E ${first}\n${body}\n# no comment\n\nE\n`),
  words.map((text) => `# ${text}\n`),
  fc.constantFrom("\n", "   \n", "CMD [\"a\", 'b']\n", "ONBUILD RUN x \\\n# inside\n y\n", "expose 80\n"),
);

t.test("dockerfile-ast agrees on generated Dockerfiles", (t) => {
  fc.assert(
    fc.property(fc.array(instruction, { maxLength: 8 }), fc.boolean(), (parts, carriage) => {
      const text = ["FROM scratch\n", ...parts].join("").replaceAll("\n", carriage ? "\r\n" : "\n");
      const result = parse(readSource("Dockerfile", text));
      if (result.kind === "problems") throw new Error(result.problems[0]?.message);
      const [ours, others] = [placesOf(result.tree.instructions, text), otherPlaces(text)];
      if (ours.join("\n") !== others.join("\n")) throw new Error(`${ours.join("\n")}\n--\n${others.join("\n")}`);
    }),
    { numRuns: 300 },
  );
  t.end();
});

function placesOf(nodes: readonly InstructionNode[], text: string): readonly string[] {
  const lines = text.split("\n");
  return nodes.map(({ keyword, range: { start, end } }) =>
    [keyword.text, `${start.line}:${start.column}`, trimmed(lines, end.line, end.column)].join(" "),
  );
}

/** The same of dockerfile-ast, which counts from 0. */
function otherPlaces(text: string): readonly string[] {
  const lines = text.split("\n");
  return DockerfileParser.parse(text)
    .getInstructions()
    .map((found) => {
      const { start, end } = found.getRange();
      const place = `${start.line + 1}:${start.character + 1}`;
      return [found.getInstruction(), place, trimmed(lines, end.line + 1, end.character + 1)].join(" ");
    });
}

/** A place at the end of a piece, in front of the blanks that stand there. */
function trimmed(lines: readonly string[], line: number, column: number): string {
  const before = (lines[line - 1] ?? "").slice(0, column - 1);
  return `${line}:${before.trimEnd().length + 1}`;
}
