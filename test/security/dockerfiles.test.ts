import { randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { startBases } from "../support/bases.ts";
import { checkout } from "../support/checkout.ts";
import { unprivilegedContainer } from "../support/container.ts";
import { startDockerd } from "../support/dockerd.ts";
import { project } from "../support/project.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { giveTo, mayBeRoot } from "../support/users.ts";

const sources = join(checkout, "test/security/dockerfiles");

/** How each ends that does not build: so it is seen that it came as far as what it tries. The others build. */
const errors: Readonly<Record<string, RegExp>> = {
  "bind-a-link-of-a-stage": /"\/led": not found/,
  "bind-through-a-link-of-a-stage": /"\/led\/directory": not found/,
  "bind-through-a-link-of-the-context": /"\/led\/directory": not found/,
  "climb-from-a-bind-mount": /"\/[^.]*": not found/,
  "copy-a-link-of-the-context": /"led\/file": not found/,
  "copy-from-a-link-of-a-stage": /"\/led\/": not found/,
  "fill-a-cache-from-a-link": /"\/led\/directory": not found/,
  "give-a-cache-a-climbing-name": /can't open '\/cache\/deep\/file'/,
  "keep-a-link-in-a-cache": /can't open '\/cache\/led\/directory\/file'/,
  "load-a-library-outside": /can't open '\/proc\/1\/environ'/,
  "look-users-up-behind-a-link": /unknown user "attacker"/,
  "look-users-up-in-a-pipe": /\/etc\/passwd in the image is not a regular file/,
  "look-users-up-without-end": /\/etc\/passwd in the image is not a regular file/,
  "move-mount-points-away": /can't open '.*\/file'/,
  "name-a-user-that-is-a-path": /unknown user "\.\./,
  "own-by-a-pipe": /\/etc\/passwd in the image is not a regular file/,
  "place-mounts-behind-a-link": /can't open '\/led\/directory\/file'/,
  "propagate-mounts": /unknown option "bind-propagation"/,
  "put-a-secret-behind-a-link": /can't open '\/led\/file'|type=secret as a file/,
  "replace-proc-by-a-link": /\/proc in the image is a symbolic link/,
  "replace-resolv-conf-by-a-link": /can't open '.*\/file'/,
  "work-behind-a-link": /can't open '\.\.\/file'/,
  "work-in-a-descriptor": /is not in the image|can't open '\.\./,
};

const names = readdirSync(sources).map((file) => file.replace(/\.Dockerfile$/, ""));

t.test("Dockerfiles that attack the machine that builds them", async (t) => {
  if (!mayBeRoot(t)) return;
  const { busybox } = await startBases(t);

  await t.test("as an ordinary user", async (t) => {
    const machine = attackedDirectory(join(temporaryDirectory(t, "ocib-subids"), "victim"));
    giveTo("ocib-subids", machine.path);
    const p = project(t, { attack: "attacked" }, "ocib-subids");
    symlinkSync(machine.path, join(p.context, "led"));
    for (const name of names) {
      const file = join(p.context, "../Dockerfile");
      writeFileSync(file, readFileSync(join(sources, `${name}.Dockerfile`)));
      const { code, stdout, stderr } = await p.build(["-f", file, ...argumentsFor(busybox, machine.path)], {
        env: { WORD: "word" },
      });
      judge(t, name, { code, said: stdout + stderr, canary: machine.canary });
      t.same(machine.now(), machine.before, `${name} has changed nothing`);
    }
  });

  await t.test("as root of a container with docker's default profile", async (t) => {
    const inside = await unprivilegedContainer(t, await startDockerd(t));
    const machine = attackedDirectory(inside.volume("victim"));
    const dockerfiles = names.map((name): [string, string] => [
      `${name}.Dockerfile`,
      readFileSync(join(sources, `${name}.Dockerfile`), "utf8"),
    ]);
    inside.write({ attack: "attacked", ...Object.fromEntries<string>(dockerfiles) });
    const flags = argumentsFor(busybox, "/volume/victim").join(" ");
    const { stdout } = await inside.run(`export WORD=word; cp -r /context /mine && ln -s /volume/victim /mine/led
      for name in ${names.join(" ")}; do
        $OCI build --progress plain --root /store ${flags} -f /mine/$name.Dockerfile /mine 2>&1
        echo "end of $name: $?"
      done`);
    let rest = stdout;
    for (const name of names) {
      const [said = "", code = "", behind = ""] = rest.split(new RegExp(`end of ${name}: (\\d+)\n`));
      judge(t, name, { code: Number(code), said, canary: machine.canary });
      rest = behind;
    }
    t.same(machine.now(), machine.before, "nothing has changed");
  });
});

interface AttackedDirectory {
  readonly path: string;
  /** What every file holds, and nobody else may know. */
  readonly canary: string;
  readonly before: readonly string[];
  now(): readonly string[];
}

function attackedDirectory(path: string): AttackedDirectory {
  const canary = randomUUID();
  mkdirSync(join(path, "directory"), { recursive: true });
  mkdirSync(join(path, "empty"));
  for (const name of ["file", "directory/file"]) writeFileSync(join(path, name), canary);
  writeFileSync(join(path, "passwd"), `attacker:x:0:0:${canary}:/:/bin/sh\n`);
  const now = (): readonly string[] =>
    readdirSync(path, { recursive: true, withFileTypes: true })
      .map(
        (entry) =>
          join(entry.parentPath, entry.name) +
          (entry.isFile() ? readFileSync(join(entry.parentPath, entry.name), "utf8") : ""),
      )
      .toSorted();
  return { path, canary, before: now(), now };
}

function argumentsFor(base: string, directory: string): readonly string[] {
  return ["--build-arg", `BASE=${base}`, "--build-arg", `HOST_DIRECTORY=${directory}`, "--secret", "id=word,env=WORD"];
}

function judge(
  t: Test,
  name: string,
  { code, said, canary }: { readonly code: number; readonly said: string; readonly canary: string },
): void {
  const error = errors[name];
  // Without a /proc there is nothing to run.
  if (name === "run-the-helper-itself" && code !== 0) t.match(said, /\/proc\/self\/exe not found/);
  else if (error === undefined) t.equal(code, 0, `${name} builds: ${said}`);
  else t.match(said, error, `${name} ends with its error`);
  t.notMatch(said, canary, `${name} has read nothing`);
}
