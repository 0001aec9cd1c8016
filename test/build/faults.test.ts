import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { project } from "../support/project.ts";
import { type Behaviour, changed, cutAfter, endless, status, webPage } from "../support/registry/behaviour.ts";
import { startFaultServer } from "../support/registry/fault-server.ts";
import { makeImage } from "../support/registry/image.ts";

interface Fault {
  readonly title: string;
  readonly on: RegExp;
  readonly behaviour: Behaviour;
  readonly says: RegExp;
}

const manifests = /\/manifests\//;

t.test("a registry that fails gives a clear error and no image, and the next build works", async (t) => {
  const image = await makeImage({
    layers: [{ "etc/os-release": "ID=test\n", "data/big": Buffer.alloc(300_000, "x") }],
  });
  const layer = image.blobs.at(-1)?.descriptor;
  if (layer === undefined) throw new TypeError("the image has no layer");
  const blob = new RegExp(`/blobs/${layer.digest}`);
  const faults: readonly Fault[] = [
    {
      title: "401",
      on: manifests,
      behaviour: status(401, { "www-authenticate": 'Basic realm="x"' }),
      says: /log|credential/i,
    },
    { title: "403", on: manifests, behaviour: status(403), says: /denies/ },
    { title: "404", on: manifests, behaviour: status(404), says: /has no image/ },
    { title: "429", on: manifests, behaviour: status(429, { "retry-after": "3600" }), says: /3600 s/ },
    { title: "500", on: manifests, behaviour: status(500), says: /500/ },
    { title: "an HTML page instead of JSON", on: manifests, behaviour: webPage(), says: /web page/ },
    {
      title: "a manifest of 100 MB",
      on: manifests,
      behaviour: endless(100 * 1024 * 1024, { announced: true, sent: () => undefined }),
      says: /more than|too large|bytes/,
    },
    {
      title: "a blob that is cut each time",
      on: blob,
      behaviour: cutAfter(20),
      says: /error: .*\d+ of \d+ bytes|error: .*(broke|cut|interrupted|ended|closed|hung up)/,
    },
    {
      title: "a blob with another content",
      on: blob,
      behaviour: changed((body) => Buffer.from(body).fill(0, 10, 20)),
      says: /digest/,
    },
    {
      title: "a blob that is too long",
      on: blob,
      behaviour: changed((body) => Buffer.concat([body, Buffer.from("more")])),
      says: /size|bytes|long/,
    },
    { title: "a blob that is missing", on: blob, behaviour: status(404), says: /blob|layer/ },
  ];
  for (const { title, on, behaviour, says } of faults) {
    await t.test(title, async (t) => {
      const server = await startFaultServer(t);
      server.add("app", "latest", image);
      const p = project(t, { Dockerfile: `FROM ${server.host}/app\nCOPY x /x\n`, x: "" });
      server.on(on, behaviour);
      const broken = await p.build(["-t", "app"]);
      t.equal(broken.code, 1, broken.stderr);
      t.match(broken.stderr, says);
      t.match(broken.stderr, /1 \| FROM|2 \| COPY/, "it says where");
      t.equal(broken.stderr.match(/^error:/gm)?.length, 1, "one error");
      t.notOk(existsSync(join(p.store, "blobs/sha256", layer.digest.slice(7))), "no wrong or partial blob has a name");
      t.equal(p.digestOf("docker.io/library/app:latest"), undefined);
      t.same(readdirSync(join(p.store, "work")), []);

      const sound = await startFaultServer(t);
      sound.add("app", "latest", image);
      p.write({ Dockerfile: `FROM ${sound.host}/app\nCOPY x /x\n` });
      const next = await p.build(["-t", "app"]);
      t.equal(next.code, 0, next.stderr);
    });
  }
});
