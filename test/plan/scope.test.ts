import t from "tap";
import type { ArgSources } from "../../src/plan/scope.ts";
import { Scope } from "../../src/plan/scope.ts";

const none: ArgSources = { buildArgs: new Map(), globals: new Map() };
const asIs = (word: string): string => word;

t.test("of ENV and ARG the last declaration counts, and only ENV stays in the image", (t) => {
  const scope = Scope.ofImage(["PATH=/bin", "x=base"]);
  scope.declareArg({ name: "x", value: "arg" }, none, asIs);
  t.equal(scope.get("x"), "arg");
  t.strictSame(scope.envEntries(), ["PATH=/bin", "x=base"]);
  t.strictSame(scope.processEntries(), ["PATH=/bin", "x=arg"]);
  scope.setEnv({ key: "x", value: "env" });
  t.strictSame(scope.envEntries(), ["PATH=/bin", "x=env"], "a name set again keeps its place");
  t.strictSame(scope.argEntries(), ["x=env"]);
  t.end();
});

t.test("a build argument wins over the default, the default over the global", (t) => {
  const scope = Scope.ofImage([]);
  const sources = { buildArgs: new Map([["a", ""]]), globals: new Map([["a", "global"], ["b", "global"], ["c", "global"]]) }; // prettier-ignore
  t.equal(scope.declareArg({ name: "a", value: "default" }, sources, asIs), "");
  t.equal(scope.declareArg({ name: "b", value: "default" }, sources, asIs), "default");
  t.equal(scope.declareArg({ name: "c", value: undefined }, sources, asIs), "global");
  t.equal(scope.declareArg({ name: "d", value: undefined }, sources, asIs), undefined);
  t.strictSame(scope.processEntries(), ["a=", "b=default", "c=global"], "an argument without a value is unset");
  t.strictSame(scope.argEntries(), ["a=", "b=default", "c=global", "d="]);
  t.end();
});

t.test("an argument declared again keeps its first place and its last value", (t) => {
  const scope = Scope.ofImage([]);
  for (const value of ["1", "2"]) {
    scope.declareArg({ name: "a", value }, none, asIs);
    scope.declareArg({ name: `b${value}`, value }, none, asIs);
  }
  t.strictSame(scope.argEntries(), ["a=2", "b1=1", "b2=2"]);
  t.end();
});

t.test("a stage on top inherits the arguments, but the image's ENV wins again", (t) => {
  const scope = Scope.ofImage(["x=env"]);
  scope.declareArg({ name: "x", value: "arg" }, none, asIs);
  scope.declareArg({ name: "y", value: "arg" }, none, asIs);
  const above = scope.inherited();
  t.strictSame([above.get("x"), above.get("y")], ["env", "arg"]);
  above.setEnv({ key: "z", value: "1" });
  t.equal(scope.get("z"), undefined, "the stage below is left alone");
  t.end();
});

t.test("the arguments that steer the SBOM scan are no variables", (t) => {
  const scope = Scope.ofImage([]);
  scope.declareArg({ name: "BUILDKIT_SBOM_SCAN_STAGE", value: "true" }, none, asIs);
  t.strictSame(scope.processEntries(), []);
  t.end();
});
