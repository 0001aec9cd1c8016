import t from "tap";
import { reservedArgs, reservedArgWarnings } from "../../src/plan/reserved-args.ts";
import { planText } from "./plan-text.ts";

t.test("the reserved build arguments are read in one place", (t) => {
  t.strictSame(reservedArgs(new Map()), {
    syntax: undefined,
    dockerfileCheck: undefined,
    sandboxHostname: undefined,
    cacheMountNamespace: undefined,
    keepGitDirectory: false,
  });
  const buildArgs = new Map([
    ["BUILDKIT_SYNTAX", "dockerfile.v0"],
    ["BUILDKIT_DOCKERFILE_CHECK", "skip=all"],
    ["BUILDKIT_SANDBOX_HOSTNAME", "host"],
    ["BUILDKIT_CACHE_MOUNT_NS", "ci"],
    ["BUILDKIT_CONTEXT_KEEP_GIT_DIR", "1"],
    ["BUILDKIT_MULTI_PLATFORM", "false"],
    ["BUILDKIT_SOMETHING", "left alone"],
  ]);
  t.strictSame(reservedArgs(buildArgs), {
    syntax: "dockerfile.v0",
    dockerfileCheck: "skip=all",
    sandboxHostname: "host",
    cacheMountNamespace: "ci",
    keepGitDirectory: true,
  });
  t.end();
});

t.test("a boolean is what Go reads as one", (t) => {
  for (const word of ["1", "t", "T", "TRUE", "true", "True"])
    t.equal(reservedArgs(new Map([["BUILDKIT_CONTEXT_KEEP_GIT_DIR", word]])).keepGitDirectory, true, word);
  t.throws(() => reservedArgs(new Map([["BUILDKIT_CONTEXT_KEEP_GIT_DIR", "yes"]])), {
    code: "argument-invalid",
    message: /BUILDKIT_CONTEXT_KEEP_GIT_DIR=yes/,
  });
  t.end();
});

t.test("what has no effect is refused or told", (t) => {
  t.throws(() => reservedArgs(new Map([["BUILDKIT_MULTI_PLATFORM", "1"]])), { code: "argument-unsupported" });
  t.match(reservedArgWarnings(new Map([["BUILDKIT_INLINE_CACHE", "1"]])), [/INLINE_CACHE has no effect/]);
  t.strictSame(reservedArgWarnings(new Map([["BUILDKIT_INLINE_CACHE", "0"]])), []);
  t.end();
});

t.test("they are ordinary build arguments beside that, and need no ARG", (t) => {
  const buildArgs = new Map([["BUILDKIT_SANDBOX_HOSTNAME", "host"]]);
  const { stages, warnings } = planText("FROM x\nRUN a\nARG BUILDKIT_SANDBOX_HOSTNAME\nRUN b\n", { buildArgs });
  t.match(stages[0]?.steps, [
    { hostname: "host", env: [/PATH/] },
    { createdBy: "ARG BUILDKIT_SANDBOX_HOSTNAME=host" },
    { hostname: "host", env: [/PATH/, "BUILDKIT_SANDBOX_HOSTNAME=host"] },
  ]);
  t.strictSame(warnings, []);
  t.end();
});

t.test("BUILDKIT_SYNTAX counts instead of the syntax directive", (t) => {
  const warningsWith = (value?: string): string[] =>
    planText("# syntax=example.com/own\nFROM x\n", {
      buildArgs: new Map(value === undefined ? [] : [["BUILDKIT_SYNTAX", value]]),
    }).warnings.map(({ message }) => message);
  t.match(warningsWith(), [/example\.com\/own is not run/]);
  t.strictSame(warningsWith("dockerfile.v0"), []);
  t.strictSame(warningsWith("docker/dockerfile:1"), []);
  t.match(warningsWith("example.com/other"), [/example\.com\/other is not run/]);
  t.end();
});
