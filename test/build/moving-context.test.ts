import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { OciBuildError } from "../../src/errors.ts";
import type { Method } from "../../src/helper/messages.ts";
import { buildInto } from "../support/build-into.ts";
import { output } from "../support/process.ts";
import { project } from "../support/project.ts";
import { watchingRequests } from "../support/requests.ts";
import { mayBeRoot } from "../support/users.ts";

t.test("a file that changes between its digest and its copy is never cached as what it was", async (t) => {
  const changes: Readonly<Record<string, (file: string) => void>> = {
    "a file that grows": (file) => writeFileSync(file, "old and more"),
    "a file that shrinks": (file) => writeFileSync(file, ""),
    "a file with another content": (file) => writeFileSync(file, "new"),
    "a file that vanishes": (file) => rmSync(file),
  };
  const p = project(t, { Dockerfile: `FROM scratch\nCOPY files /files/\n` });
  for (const [title, change] of Object.entries(changes)) {
    const name = title.replaceAll(" ", "-");
    p.write({ [`files/${name}`]: "old" });
    const buildIt = async (): Promise<string> => (await buildInto(p.store, p.context)).digest;
    const moving = beforeFirst("copy", () => change(join(p.context, "files", name)), buildIt);
    const error = await moving.catch((thrown: unknown) => thrown);
    t.match(error, OciBuildError, title);
    t.equal((error as OciBuildError).code, "context-changed", title);
    t.match((error as OciBuildError).message, /context changed while they were copied/, title);
    p.write({ [`files/${name}`]: "old" });
    const again = await buildIt();
    t.equal(again, (await buildInto(`${p.store}-of-${name}`, p.context)).digest, `${title}: the next build is right`);
  }
});

t.test("a file that cannot be read is named with the reason", async (t) => {
  if (!mayBeRoot(t)) return;
  const p = project(t, { Dockerfile: "FROM scratch\nCOPY files /files/\n", "files/broken": "" });
  const broken = join(p.context, "files/broken");
  // Nothing is mapped at address 0, which reads as an input/output error, as a bad sector does.
  await output(["mount", "--bind", `/proc/${process.pid}/mem`, broken]);
  t.teardown(() => output(["umount", "--lazy", broken]));
  const { code, stderr } = await p.build();
  t.equal(code, 1);
  t.match(stderr, /^error: cannot read .*broken: input\/output error/m);
});

/** Does something right before the first request of a kind is sent. */
function beforeFirst<T>(method: Method, act: () => void, work: () => Promise<T>): Promise<T> {
  let done = false;
  return watchingRequests((asked) => {
    if (asked === method && !done) {
      done = true;
      act();
    }
    return undefined;
  }, work);
}
