import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import t from "tap";

const main = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));
const waiting = fileURLToPath(new URL("waiting-build.js", import.meta.url));

t.test("the program answers with its exit code", (t) => {
  const version = spawnSync(process.execPath, [main, "--version"], { encoding: "utf8" });
  t.equal(version.status, 0);
  t.match(version.stdout, /^oci-build /);
  const wrong = spawnSync(process.execPath, [main, "biuld"], { encoding: "utf8" });
  t.equal(wrong.status, 2);
  t.match(wrong.stderr, "did you mean build?");
  t.end();
});

t.test("a reader that has seen enough is no failure", (t) => {
  const { status, stderr } = spawnSync(
    "sh",
    ["-c", `"$0" "$1" help build | head -n 1 > /dev/null`, process.execPath, main],
    { encoding: "utf8" },
  );
  t.equal(status, 0);
  t.equal(stderr, "");
  t.end();
});

t.test("a signal lets the build end cleanly, a second one does not wait", async (t) => {
  for (const [name, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const) {
    const child = spawn(process.execPath, [waiting, "clean"], { stdio: ["ignore", "pipe", "pipe"] });
    await once(child.stdout, "data");
    child.kill(name);
    t.same(await once(child, "exit"), [code, null], name);
  }
  const stubborn = spawn(process.execPath, [waiting, "stubborn"], { stdio: ["ignore", "pipe", "pipe"] });
  await once(stubborn.stdout, "data");
  stubborn.kill("SIGINT");
  await once(stubborn.stdout, "data");
  // What comes right behind a signal is taken for the same keystroke.
  const again = setInterval(() => stubborn.kill("SIGTERM"), 100);
  t.teardown(() => clearInterval(again));
  t.same(await once(stubborn, "exit"), [143, null]);
});
