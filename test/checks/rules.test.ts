import t from "tap";
import { rules } from "../../src/checks/rules.ts";
import { checkText } from "./check-text.ts";
import { rows } from "./rows.ts";

for (const { title, text, finds, ...options } of rows)
  t.test(title, (t) => {
    t.strictSame(checkText(text, options), finds);
    t.end();
  });

t.test("every rule has a row that it tells of and one that it leaves alone", (t) => {
  for (const { name } of rules) {
    const own = rows.filter(({ title }) => title.startsWith(`${name} `));
    t.ok(
      own.some(({ finds }) => finds.some((found) => found.includes(` ${name}: `))),
      `${name} is told`,
    );
    t.ok(
      own.some(({ finds }) => !finds.some((found) => found.includes(` ${name}: `))),
      `${name} is silent`,
    );
  }
  t.equal(rules.length, 22);
  t.end();
});
