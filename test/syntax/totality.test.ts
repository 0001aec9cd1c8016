import fc from "fast-check";
import t from "tap";
import { reportChecks } from "../../src/checks/report.ts";
import { syntaxExpressions } from "../../src/describe/syntax-tree.ts";
import { OciBuildError } from "../../src/errors.ts";
import { parseDockerfile } from "../../src/instructions/dockerfile.ts";
import { parseDigest } from "../../src/oci/digest.ts";
import type { ResolvedImage } from "../../src/oci/image.ts";
import type { Platform } from "../../src/oci/platform.ts";
import { makePlan } from "../../src/plan/plan.ts";
import { comparePositions, readSource, type Source, type SourceRange } from "../../src/syntax/source.ts";
import { type InstructionNode, instructionNames } from "../../src/syntax/node.ts";
import { parse } from "../../src/syntax/parse.ts";

/** Pieces that mean something in a Dockerfile, so that random sequences of them come near to one. */
const pieces = [
  ...instructionNames,
  ...instructionNames.map((name) => `\n${name} `),
  ..."\n,\r\n,\n\n,\\\n,`\n, ,\t,\u00a0,\ufeff,\0,#,# escape=`\n,# syntax=x\n,# check=skip=all;error=true\n,#!/x\n".split(
    ",",
  ),
  ..."<<E,<<-E,<<'E',3<<E,\nE\n,\n\tE\n,<<,<<<".split(","),
  ..."--from=,--chown=1:2,--mount=type=cache,--link,--platform=,--,--x,-".split(","),
  ...'$,${,},${a:-b},${a#*x},${a//b/c},$a,\\$,",\',\\,`,[,],["a","b"],[1],{},=,a=b,a= ,/,.,..,*,**'.split(","),
  "\nFROM scratch\n",
  "\nFROM a AS b\n",
  "\nCOPY --from=b x /\n",
  "\nONBUILD ",
  "80/tcp",
  "0-70000",
  "é😀",
];
const text = fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((parts) => parts.join(""));
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  text.map((content) => new TextEncoder().encode(content)),
  fc
    .tuple(text, fc.uint8Array({ maxLength: 4 }), text)
    .map((parts) => Buffer.concat(parts.map((part) => Buffer.from(part)))),
);
const runs = { numRuns: 1500 };

t.test("any bytes give a tree or errors, and their places lie in the file and in order", (t) => {
  fc.assert(
    fc.property(bytes, (content) => {
      const source = readSource("Dockerfile", content);
      const result = parse(source);
      const tree = result.kind === "tree" ? result.tree : result.readable;
      for (const node of tree.instructions) checkNode(source, node);
      for (const [index, { range }] of tree.instructions.entries()) {
        const next = tree.instructions[index + 1];
        if (next !== undefined && comparePositions(range.end, next.range.start) > 0) throw new Error("nodes overlap");
      }
      syntaxExpressions(tree);
      if (result.kind === "tree") return;
      if (result.problems.length === 0) throw new Error("no tree and no problem");
      for (const { range } of result.problems) checkRange(source, range);
    }),
    runs,
  );
  t.end();
});

t.test("any bytes give a plan or errors with a place, and checks that hold to the file", (t) => {
  const platform = { os: "linux", architecture: "amd64" };
  const options = { buildArgs: new Map([["a", "1"]]), platform, buildPlatform: platform };
  fc.assert(
    fc.property(bytes, (content) => {
      const dockerfile = orErrors(() => parseDockerfile("Dockerfile", content));
      if (dockerfile === undefined) return;
      orErrors(() => makePlan(dockerfile, image, options));
      const report = orErrors(() => reportChecks(dockerfile, options, { images: image, ignore: ["a", "**/b"] }));
      for (const { range } of report?.findings ?? []) checkRange(dockerfile.source, range);
    }),
    runs,
  );
  t.end();
});

function image(name: string, platform: Platform): ResolvedImage {
  const { os, architecture } = platform;
  const config = { Env: ["PATH=/bin"], OnBuild: name === "a" ? ["ENV a=$b", "RUN x"] : [] };
  return {
    name,
    platform,
    manifestDigest: parseDigest(`sha256:${"0".repeat(64)}`),
    layers: [],
    config: { os, architecture, config, rootfs: { type: "layers", diff_ids: [] } },
  };
}

/** The result, or undefined for an error that a person can read; anything else fails the test. */
function orErrors<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof OciBuildError)) throw error;
    if (!/:\d+: |has \d+ errors|build argument/.test(error.message))
      throw new Error(`no place: ${error.message}`, { cause: error });
    return undefined;
  }
}

function checkNode(source: Source, node: InstructionNode): void {
  const { range, keyword, flags, arguments: words, heredocs, trigger } = node;
  checkRange(source, range);
  const inner = [keyword.range, ...flags.map((flag) => flag.range), words.range, ...heredocs.map((one) => one.range)];
  for (const [index, piece] of inner.entries()) {
    checkRange(source, piece);
    const before = inner[index - 1];
    if (before !== undefined && comparePositions(before.end, piece.start) > 0) throw new Error("pieces overlap");
    if (comparePositions(range.start, piece.start) > 0 || comparePositions(piece.end, range.end) > 0)
      throw new Error("a piece stands outside its instruction");
  }
  if (trigger !== undefined) checkNode(source, trigger);
}

function checkRange({ lines }: Source, { start, end }: SourceRange): void {
  const inside = ({ line, column }: SourceRange["start"]): boolean =>
    line >= 1 && line <= Math.max(1, lines.length) && column >= 1 && column <= (lines[line - 1]?.text.length ?? 0) + 1;
  if (!inside(start) || !inside(end)) throw new Error(`outside: ${JSON.stringify({ start, end })}`);
  if (comparePositions(start, end) > 0) throw new Error("ends before it starts");
}
