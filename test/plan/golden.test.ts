import { existsSync, readdirSync, readFileSync } from "node:fs";
import t from "tap";
import type { CaseOptions } from "./golden.ts";
import { dumpDockerfile, dumpPlan } from "./golden.ts";

const cases = new URL("../../../spec-fixtures/dockerfiles/", import.meta.url);

/** A folder `parse-…` fixes the typed instructions of its Dockerfile, a folder `plan-…` the plan; errors are fixed likewise. */
const names = readdirSync(cases).filter((folder) => /^(parse|plan)-/.test(folder));
for (const name of names.sort()) {
  t.test(`${name} gives what its expected.json says`, (t) => {
    const read = (file: string): string => readFileSync(new URL(`${name}/${file}`, cases), "utf8");
    const options = existsSync(new URL(`${name}/options.json`, cases))
      ? (JSON.parse(read("options.json")) as CaseOptions)
      : {};
    const found = name.startsWith("plan-") ? dumpPlan(read("Dockerfile"), options) : dumpDockerfile(read("Dockerfile"));
    t.strictSame(JSON.parse(JSON.stringify(found)), JSON.parse(read("expected.json")));
    t.end();
  });
}
