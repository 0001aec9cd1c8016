import t from "tap";
import { renderError } from "../../src/cli/error-report.ts";
import { type Excerpt, OciBuildError, type SourceRange } from "../../src/errors.ts";
import { planText } from "../plan/plan-text.ts";

const plain = { color: false, debug: false };
const dockerfile = ["FROM debian", "ENV A=1", "RUN make \\", "  all", "", 'CMD ["x"]', "USER me", ""].join("\n");

t.test("an error shows its lines, its output and its hint", (t) => {
  const error = new OciBuildError("run-failed", "RUN ended with exit code 2", {
    excerpt: { file: "Dockerfile", text: dockerfile, lines: { start: 3, end: 4 } },
    output: "compiling\nno such file\n",
    hint: "look at the output",
  });
  t.equal(
    renderError(error, plain),
    [
      "error: RUN ended with exit code 2",
      "",
      "Dockerfile:3-4",
      "    1 | FROM debian",
      "    2 | ENV A=1",
      ">>> 3 | RUN make \\",
      ">>> 4 |   all",
      "    5 |",
      '    6 | CMD ["x"]',
      "",
      "last output:",
      "  compiling",
      "  no such file",
      "",
      "hint: look at the output",
      "",
    ].join("\n"),
  );
  t.end();
});

t.test("an excerpt ends with the file", (t) => {
  const excerpt = { file: "ci/Dockerfile", text: `${"\n".repeat(98)}FROM x\r\nRUN y`, lines: { start: 100, end: 100 } };
  t.equal(
    renderError(new OciBuildError("x", "bad", { excerpt }), plain),
    ["error: bad", "", "ci/Dockerfile:100", "     98 |", "     99 | FROM x", ">>> 100 | RUN y", "", ""].join("\n"),
  );
  t.end();
});

t.test("causes are told when they add something", (t) => {
  const deepest = new Error("connect ECONNREFUSED 127.0.0.1:5000");
  const middle = new Error("fetch failed", { cause: deepest });
  t.equal(
    renderError(new OciBuildError("registry-down", "localhost:5000 cannot be reached", { cause: middle }), plain),
    "error: localhost:5000 cannot be reached: fetch failed: connect ECONNREFUSED 127.0.0.1:5000\n",
  );
  const repeated = new OciBuildError("x", "cannot read: ENOENT", { cause: new Error("ENOENT") });
  t.equal(renderError(repeated, plain), "error: cannot read: ENOENT\n");
  const circular = new Error("round");
  circular.cause = circular;
  t.match(renderError(circular, plain), /^error: round\n/);
  t.end();
});

t.test("several errors are reported one after the other", (t) => {
  const error = new AggregateError([
    new OciBuildError("a", "first", { hint: "do this" }),
    new AggregateError([new OciBuildError("b", "second"), new OciBuildError("c", "third")]),
  ]);
  t.equal(
    renderError(error, plain),
    "error: first\nhint: do this\n\nerror: second\n\nerror: third\n\nerror: 3 errors\n",
  );
  t.equal(renderError(new AggregateError([new OciBuildError("a", "alone")]), plain), "error: alone\n");
  t.end();
});

t.test("what is no OciBuildError is called a fault of the program", (t) => {
  t.equal(
    renderError(new TypeError("x is undefined"), plain),
    "error: x is undefined\nthis is a fault in oci-build: --debug shows where\n",
  );
  t.match(renderError("text", plain), /^error: text\n/);
  t.end();
});

t.test("debug shows the stack and what caused it", (t) => {
  const report = renderError(new OciBuildError("x", "outer", { cause: new Error("inner") }), {
    color: false,
    debug: true,
  });
  t.match(report, /error-report\.test/);
  t.match(report, "[cause]: Error: inner");
  t.match(report, "code: 'x'");
  t.end();
});

t.test("only colours are added on a terminal, and foreign text cannot steer it", (t) => {
  const error = new OciBuildError("x", "bad \u001b[2Jname", {
    excerpt: { file: "Dockerfile", text: "RUN \u001b[31m", lines: { start: 1, end: 1 } },
    output: "\u001b]0;title\u0007out",
    hint: "help",
  });
  const colored = renderError(error, { color: true, debug: false });
  // oxlint-disable-next-line no-control-regex -- what is no colour
  t.notMatch(colored, /\u001b(?!\[\d+m)/);
  // oxlint-disable-next-line no-control-regex -- colours
  t.equal(colored.replace(/\u001b\[\d+m/g, ""), renderError(error, plain));
  t.end();
});

/** The rows of an excerpt, from where its lines begin. */
function excerptOf(text: string, range: SourceRange): readonly string[] {
  const lines = { start: range.start.line, end: range.end.line };
  const error = new OciBuildError("x", "bad", { excerpt: { file: "Dockerfile", text, lines, range } });
  return renderError(error, plain).split("\n").slice(3, -2);
}

t.test("what is at fault is underlined", (t) => {
  const text = "FROM debian\nCOPY --chwon=1 a /b\nRUN x\n";
  t.strictSame(excerptOf(text, { start: { line: 2, column: 6 }, end: { line: 2, column: 15 } }), [
    "    1 | FROM debian",
    ">>> 2 | COPY --chwon=1 a /b",
    "      |      ^^^^^^^^^",
    "    3 | RUN x",
  ]);
  t.end();
});

t.test("a range over several lines is underlined on each, without the blanks at their ends", (t) => {
  const text = "FROM debian\nENV a=1 \\\n\n    b \\  \n  c=2\n";
  t.strictSame(excerptOf(text, { start: { line: 2, column: 5 }, end: { line: 5, column: 4 } }), [
    "    1 | FROM debian",
    ">>> 2 | ENV a=1 \\",
    "      |     ^^^^^",
    ">>> 3 |",
    ">>> 4 |     b \\",
    "      |     ^^^",
    ">>> 5 |   c=2",
    "      |   ^",
  ]);
  t.end();
});

t.test("carets stand below their characters behind tabs, wide and combining ones", (t) => {
  const at = (text: string, piece: string): readonly string[] => {
    const column = text.indexOf(piece) + 1;
    return excerptOf(text, { start: { line: 1, column }, end: { line: 1, column: column + piece.length } });
  };
  t.strictSame(at("\tRUN\tx bad", "bad"), [">>> 1 |         RUN     x bad", "      |                   ^^^"]);
  t.strictSame(at("ENV 日本=語 bad", "bad"), [">>> 1 | ENV 日本=語 bad", "      |             ^^^"]);
  t.strictSame(at("ENV 日本=語 bad", "日本"), [">>> 1 | ENV 日本=語 bad", "      |     ^^^^"]);
  t.strictSame(at("ENV e\u0301=😀 bad", "bad"), [">>> 1 | ENV e\u0301=😀 bad", "      |          ^^^"]);
  t.end();
});

t.test("an error of a Dockerfile underlines what it speaks of", (t) => {
  const rows: readonly (readonly [line: string, underlined: string])[] = [
    ["RUNN x", "RUNN"],
    ["COPY --chwon=1 a b", "--chwon=1"],
    ["COPY a", "a"],
    ["USER", "USER"],
    ["ENV a=1 b", "b"],
    ["ARG a =b", "=b"],
    ["FROM x AS 9", "9"],
    ["RUN --network=nowhere x", "--network=nowhere"],
    ["HEALTHCHECK --interval=5 CMD x", "--interval=5"],
    ["HEALTHCHECK RUN x", "RUN"],
    ["EXPOSE 80 x 90", "x"],
    ["STOPSIGNAL SIGNONE", "SIGNONE"],
    ["WORKDIR /a/${b:?no}", "/a/${b:?no}"],
    ["LABEL a=${x", "${x"],
    ["COPY --from=$x a b", "$x"],
    ["COPY --from=7 a b", "=7"],
    ["ONBUILD RUNN x", "RUNN"],
    ["RUN <<EOF", "<<EOF"],
  ];
  for (const [line, underlined] of rows) {
    const { range, text = "" } = excerptOfError(`FROM scratch\n${line}\n`);
    t.equal(range?.start.line, 2, line);
    t.equal(text.split("\n")[1]?.slice((range?.start.column ?? 0) - 1, (range?.end.column ?? 0) - 1), underlined, line);
  }
  t.end();
});

function excerptOfError(text: string): Partial<Excerpt> {
  try {
    planText(text);
  } catch (error) {
    if (error instanceof OciBuildError) return error.excerpt ?? {};
  }
  return {};
}
