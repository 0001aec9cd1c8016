import t from "tap";
import { targetsJson } from "../../src/describe/json.ts";
import { targetsOf } from "../../src/describe/targets.ts";
import { parseDockerfile } from "../../src/instructions/dockerfile.ts";

const dockerfile = parseDockerfile(
  "Dockerfile",
  "# deps what is needed\n# another line\nFROM --platform=$BUILDPLATFORM busybox AS Deps\nFROM scratch\nFROM deps\n",
);

t.test("the stages with a name and the last one can be built", (t) => {
  t.match(targetsOf(dockerfile), [
    { name: "deps", isDefault: false, description: "what is needed", base: "busybox", platform: "$BUILDPLATFORM" },
    { name: undefined, isDefault: true, base: "deps" },
  ]);
  t.equal(targetsOf(dockerfile).length, 2);
  t.end();
});

t.test("targets as JSON have BuildKit's fields", (t) => {
  const json = JSON.parse(JSON.stringify(targetsJson(targetsOf(dockerfile), dockerfile.source))) as object;
  t.match(json, { targets: [{ name: "deps", location: { ranges: [{ start: { line: 3 } }] } }, { default: true }] });
  t.end();
});
