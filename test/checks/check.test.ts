import t from "tap";
import { checkText } from "./check-text.ts";

/** Two rules have something to say about this. */
const text = "FROM scratch as base\ncopy Dockerfile .\n";
const casing =
  "2 ConsistentInstructionCasing: Command 'copy' should match the case of the command majority (uppercase)";
const as = "1 FromAsCasing: 'as' and 'FROM' keywords' casing do not match";

t.test("the check directive leaves rules out", (t) => {
  t.strictSame(checkText(text), [as, casing]);
  t.strictSame(checkText(`#check=skip=ConsistentInstructionCasing\n${text}`), [as.replace("1", "2")]);
  t.strictSame(checkText(`# check=skip=ConsistentInstructionCasing,FromAsCasing;error=true\n${text}`), []);
  t.strictSame(checkText(`# check=skip=all\n${text}`), []);
  t.end();
});

t.test("skip=all leaves the experimental rules that are asked for", (t) => {
  const found = checkText(`# check=skip=all;experimental=InvalidDefinitionDescription\n\n# x\nARG y\n${text}`);
  t.strictSame(found, [
    "4 InvalidDefinitionDescription: Comment for ARG should follow the format: `# y <description>`",
  ]);
  t.end();
});

t.test("a comment directly above an instruction leaves rules out for it alone", (t) => {
  const found = checkText(
    "FROM scratch AS a\n# why\n# check=skip=MaintainerDeprecated // a remark\nMAINTAINER me\nMAINTAINER me\n",
  );
  t.strictSame(found, ["5 MaintainerDeprecated: Maintainer instruction is deprecated in favor of using label"]);
  t.end();
});

t.test("a comment that is not directly above, or is no option, changes nothing", (t) => {
  const warning = "MaintainerDeprecated: Maintainer instruction is deprecated in favor of using label";
  t.strictSame(checkText("FROM scratch\n# check=skip=all\n\nMAINTAINER me\n"), [`4 ${warning}`]);
  t.strictSame(checkText("FROM scratch\n# check=sikp=all\nMAINTAINER me\n"), [`3 ${warning}`]);
  t.end();
});

t.test("rules over stages look only at the stages that are built", (t) => {
  const stages = "FROM scratch AS a\nENV x 1\nFROM scratch AS B\nENV y 1\n";
  const names = checkText(stages, { stages: [1] }).map((found) => found.replace(/:.*/, ""));
  t.strictSame(names, ["3 StageNameCasing", "4 LegacyKeyValueFormat"]);
  t.end();
});
