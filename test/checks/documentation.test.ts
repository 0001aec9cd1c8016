import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { rules } from "../../src/checks/rules.ts";
import { checkout } from "../support/checkout.ts";

t.test("docs/checks.md has a section with a bad and a good example for every rule, in order", (t) => {
  const page = readFileSync(join(checkout, "docs/checks.md"), "utf8");
  const sections = page.split(/^## /m).slice(1);
  t.strictSame(
    sections.map((section) => section.split("\n", 1)[0]),
    rules.map(({ name }) => name),
  );
  for (const section of sections) t.match(section, /```dockerfile\n# bad[^]*\n# good/);
  t.end();
});
