import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { findHelper } from "../../src/helper/find.ts";
import { openSession } from "../../src/helper/session.ts";
import { push, shellLayout, startRegistry } from "../support/bases.ts";
import { output } from "../support/process.ts";
import { project } from "../support/project.ts";
import { StoreCheck } from "../support/store-check.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { mayBeRoot } from "../support/users.ts";

t.test("a store on a full disk stays as it was, and works again when there is room", async (t) => {
  if (!mayBeRoot(t)) return;
  const base = `${await startRegistry(t)}/library/shell`;
  await push(await shellLayout(temporaryDirectory(t)), base);
  const noise = Buffer.from(Array.from({ length: 1 << 20 }, (_, at) => (at * at * 2654435761) >>> 13));
  const p = project(t, { Dockerfile: `FROM ${base}\nCOPY noise /copied\nRUN rm -f /copied\n`, noise: "" });
  writeFileSync(join(p.context, "noise"), noise);
  mkdirSync(p.store);
  await output(["mount", "-t", "tmpfs", "-o", "size=64m,mode=700", "none", p.store]);
  t.teardown(() => output(["umount", "--lazy", p.store]));
  const whole = await p.build(["-t", "app"]);
  t.equal(whole.code, 0, whole.stderr);
  const digest = p.digestOf("docker.io/library/app:latest");
  const session = await openSession({ helper: findHelper(), namespace: false, stdio: "none" });
  t.teardown(() => session.close());
  const check = new StoreCheck(session);
  await check.learn(p.store);

  const ends: readonly (readonly [kib: number, path: RegExp])[] = [
    [64, /\/store\/work\/.*\/blob-/],
    [1600, /cannot write bin\/busybox/],
    [3200, /cannot copy \/copied/],
    [4200, /\/store\/work\/.*\/packed-/],
  ];
  for (const [kib, path] of ends) {
    await output(["umount", p.store]);
    await output(["mount", "-t", "tmpfs", "-o", `size=${kib}k,mode=700`, "none", p.store]);
    const full = await p.build(["-t", "app"]);
    const size = `${kib} KiB`;
    t.equal(full.code, 1, `${size}: ${full.stderr}`);
    t.match(full.stderr, /^error: .*no space left on .*/m, size);
    t.match(/^error: .*/m.exec(full.stderr)?.[0] ?? "", path, `${size}: the error names the path`);
    t.match(full.stderr, /^hint: free some space, or put the store elsewhere with --root/m, size);
    t.equal(full.stderr.match(/^error:/gm)?.length, 1, `${size}: one error`);
    t.equal(p.digestOf("docker.io/library/app:latest"), undefined, size);
    t.same(readdirSync(join(p.store, "work")), [], `${size}: nothing half-made is left`);
    t.same(await check.faults(p.store), [], size);
    await output(["mount", "-o", "remount,size=64m", p.store]);
    const next = await p.build(["-t", "app"]);
    t.equal(next.code, 0, `${size}: ${next.stderr}`);
    t.equal(p.digestOf("docker.io/library/app:latest"), digest, size);
  }
});
