import fc from "fast-check";
import t from "tap";
import type { ParseResult } from "../../src/syntax/parse.ts";
import { parse } from "../../src/syntax/parse.ts";
import type { Position, Source } from "../../src/syntax/source.ts";
import { readSource } from "../../src/syntax/source.ts";

const parseText = (text: string | Uint8Array): ParseResult => parse(readSource("Dockerfile", text));

t.test("an instruction knows where its parts are", (t) => {
  const result = parseText("# c\nCOPY --from=x \\\n  a <<E /b\nbody\nE\n");
  if (result.kind !== "tree") throw new Error("not parsed");
  t.match(result.tree.instructions, [
    {
      name: "COPY",
      comments: ["c"],
      range: { start: { line: 2, column: 1 }, end: { line: 5, column: 2 } },
      keyword: { text: "COPY", range: { start: { line: 2, column: 1 }, end: { line: 2, column: 5 } } },
      flags: [{ name: "from", value: "x", range: { start: { line: 2, column: 6 }, end: { line: 2, column: 14 } } }],
      arguments: { text: "a <<E /b", range: { start: { line: 3, column: 3 }, end: { line: 3, column: 11 } } },
      heredocs: [{ name: "E", body: "body\n", range: { start: { line: 4, column: 1 }, end: { line: 5, column: 2 } } }],
      line: "COPY --from=x   a <<E /b",
    },
  ]);
  t.end();
});

t.test("letters whose capitals spell an instruction are no instruction", (t) => {
  t.equal(parseText("Run a\n").kind, "tree");
  for (const keyword of ["u\u017fer", "\ufb06opsignal"])
    t.match(parseText(`${keyword} 9\n`), { problems: [{ code: "instruction-unknown" }] }, keyword);
  t.end();
});

t.test("lines may be as long as BuildKit's buffer and not longer", (t) => {
  t.equal(parseText(`RUN ${"a".repeat(65531)}\n`).kind, "tree");
  t.match(parseText(`FROM a\nRUN ${"a".repeat(65532)}\n`), {
    kind: "problems",
    problems: [{ code: "line-too-long", range: { start: { line: 2 } } }],
  });
  t.match(parseText(`RUN ${"é".repeat(32766)}\n`), { kind: "problems" }, "bytes count, not characters");
  t.end();
});

t.test("bytes that are not UTF-8 matter in instructions, not in comments", (t) => {
  const latin = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
  t.equal(parseText(latin("# caf\xe9\nRUN a \\\n# \xe9\n b\n")).kind, "tree");
  t.match(parseText(latin("RUN a \\\n caf\xe9\n")), {
    problems: [{ code: "encoding-unsupported", range: { start: { line: 2 } } }],
  });
  t.end();
});

/** Pieces that make what looks like a Dockerfile, so that the interesting paths are reached. */
const piece = fc.constantFrom(
  "FROM a",
  "RUN ",
  "COPY ",
  "ENV a=b",
  "ONBUILD ",
  "# escape=`\n",
  "# c",
  "\n",
  "\r\n",
  "\\\n",
  "`\n",
  "\\",
  " ",
  "\t",
  "<<E",
  "<<-'E'",
  "E\n",
  "\nE\n",
  '["a"]',
  "--f=x",
  "--",
  "'",
  '"',
  "\ufeff",
  "é",
  "😀",
);

t.test("any text gives a tree or problems, and every range lies inside it", (t) => {
  const texts = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join("")),
  );
  fc.assert(
    fc.property(texts, (text) => rangesInside(readSource("Dockerfile", text))),
    { numRuns: 2000 },
  );
  t.end();
});

t.test("any bytes give a tree or problems", (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => rangesInside(readSource("Dockerfile", bytes))),
    { numRuns: 1000 },
  );
  t.end();
});

function rangesInside(source: Source): boolean {
  const result = parse(source);
  const ranges =
    result.kind === "problems"
      ? result.problems.map(({ range }) => range)
      : result.tree.instructions.flatMap((node) => [
          node.range,
          node.keyword.range,
          node.arguments.range,
          ...[...node.flags, ...node.heredocs].map(({ range }) => range),
        ]);
  const inside = ({ line, column }: Position): boolean =>
    (source.lines.length === 0 && line === 1 && column === 1) ||
    (column >= 1 && column <= (source.lines[line - 1]?.text.length ?? -1) + 1);
  const ordered = (start: Position, end: Position): boolean =>
    start.line < end.line || (start.line === end.line && start.column <= end.column);
  return ranges.every(({ start, end }) => inside(start) && inside(end) && ordered(start, end));
}
