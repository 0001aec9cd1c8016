import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { parseSecret } from "../../src/secrets/secret-source.ts";
import { readSecrets } from "../../src/secrets/secrets.ts";
import { parseSsh } from "../../src/secrets/ssh-source.ts";
import { temporaryDirectory } from "../support/temporary.ts";

t.test("--secret names a file or a variable as docker reads it", (t) => {
  const env = { TOKEN: "x" };
  const file = (id: string, path: string): unknown => ({ id, from: { kind: "file", path } });
  const variable = (id: string, name: string): unknown => ({ id, from: { kind: "env", name } });
  t.same(parseSecret("id=a,src=/f", env), file("a", "/f"));
  t.same(parseSecret('id=a,"source=/f,g"', env), file("a", "/f,g"));
  t.same(parseSecret("type=file,id=TOKEN", env), file("TOKEN", "TOKEN"));
  t.same(parseSecret("id=other", env), file("other", "other"));
  t.same(parseSecret("id=TOKEN", env), variable("TOKEN", "TOKEN"));
  t.same(parseSecret("ID=a,env=TOKEN", env), variable("a", "TOKEN"));
  t.same(parseSecret("id=a,type=env,src=TOKEN", env), variable("a", "TOKEN"));
  t.same(parseSecret("id=a,type=env", env), variable("a", "a"));
  t.end();
});

t.test("a wrong --secret is refused without showing its values", (t) => {
  const rows: readonly [string, RegExp][] = [
    ["src=hunter2", /it has no id/],
    ["hunter2", /unknown key/],
    ["id=a,scr=hunter2", /unknown key "scr" \(did you mean src\?\)/],
    ["id=a,type=flie", /unknown type "flie" \(did you mean file\?\)/],
    ["id=a,src=f,env=E", /both a file and a variable/],
    ["id=a,type=file,env=E", /names a variable/],
    ["id", /id needs a value/],
  ];
  for (const [text, message] of rows) t.throws(() => parseSecret(text, {}), { code: "secret-invalid", message }, text);
  t.throws(() => parseSecret("src=hunter2", {}), { message: /^(?!.*hunter2)/ });
  t.end();
});

const ignored = (): void => undefined;

t.test("secrets are read before anything is built, and are no larger than 500 KiB", async (t) => {
  const path = join(temporaryDirectory(t), "secret");
  const source = { id: "a", from: { kind: "file", path } } as const;
  writeFileSync(path, Buffer.alloc(500 * 1024, 7));
  t.equal((await readSecrets([source], {}, ignored)).get("a")?.length, 500 * 1024);
  writeFileSync(path, Buffer.alloc(500 * 1024 + 1));
  await t.rejects(readSecrets([source], {}, ignored), { code: "secret-too-large" });
  await t.rejects(readSecrets([{ id: "a", from: { kind: "file", path: `${path}x` } }], {}, ignored), {
    code: "secret-unreadable",
  });
  const env = { id: "a", from: { kind: "env", name: "X" } } as const;
  t.equal((await readSecrets([env], { X: "" }, ignored)).get("a")?.length, 0, "an empty variable is an empty secret");
  const warnings: string[] = [];
  const unset = await readSecrets([env], {}, (message) => warnings.push(message));
  t.equal(unset.get("a")?.length, 0, "so is that of a variable that is not set, as with docker buildx");
  t.strictSame(warnings, ["the secret a is empty: its variable X is not set"]);
});

t.test("--ssh names the user's agent, a socket or keys", (t) => {
  t.same(parseSsh("default"), { id: "default", paths: [] });
  t.same(parseSsh("x=/a"), { id: "x", paths: ["/a"] });
  t.same(parseSsh("x=/a,/b=c"), { id: "x", paths: ["/a", "/b=c"] });
  for (const text of ["", "=/a", "x=", "x=/a,"]) t.throws(() => parseSsh(text), { code: "ssh-invalid" }, text);
  t.end();
});
